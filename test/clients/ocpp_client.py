"""Charging stations that speak OCPP 1.6, 2.0.1 and 2.1, after the examples of the specifications.

Reads a job as JSON from stdin, plays one charging session per station, and writes as JSON to stdout what the service
answered. Exit 0: every call was answered with a result; 1: something was refused or did not come.

{"url": "ws://127.0.0.1:8080", "timeoutSeconds": 60, "stations": [{
  "stationId": "CS-1", "key": "...", "protocol": "ocpp1.6", "evse": 1, "idTag": "...",
  "begin": "2026-03-01T10:00:00.000Z", "middle": "...", "end": "...",
  "beginWh": 1000, "middleWh": 2000, "endWh": 3000, "record": "OCMF|...|..."}]}
"""

import asyncio
import base64
import json
import sys
import uuid

import websockets


class Refused(Exception):
    """The service answered a call with an error."""


class Station:
    """One connection. Calls go out one at a time; what the service calls is answered in between."""

    def __init__(self, socket, timeout_seconds):
        self._socket = socket
        self._timeout_seconds = timeout_seconds
        self._waiting = {}
        self.taken = asyncio.Queue()
        self._reader = asyncio.ensure_future(self._read())

    async def call(self, action, payload):
        message_id = str(uuid.uuid4())
        answer = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        await self._socket.send(json.dumps([2, message_id, action, payload]))
        return await asyncio.wait_for(answer, self._timeout_seconds)

    async def wait_for_call(self, action):
        """The next call of the service by this name."""

        async def take():
            while True:
                name, payload = await self.taken.get()
                if name == action:
                    return payload

        return await asyncio.wait_for(take(), self._timeout_seconds)

    async def close(self):
        await self._socket.close()
        self._reader.cancel()

    async def _read(self):
        async for text in self._socket:
            frame = json.loads(text)
            if frame[0] == 2:
                await self._socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
                self.taken.put_nowait((frame[2], frame[3]))
                continue
            answer = self._waiting.pop(frame[1], None)
            if answer is None or answer.done():
                continue
            if frame[0] == 3:
                answer.set_result(frame[2])
            else:
                answer.set_exception(Refused(f"{frame[2]}: {frame[3]}"))


async def play_16(station, job):
    evse, id_tag = job["evse"], job["idTag"]
    boot = {
        "chargePointVendor": "VendorX",
        "chargePointModel": "SingleSocketCharger",
        "firmwareVersion": "1.0.0",
    }

    async def status(word):
        await station.call("StatusNotification", {"connectorId": evse, "errorCode": "NoError", "status": word})

    booted = await station.call("BootNotification", boot)
    await status("Available")
    asked = await station.wait_for_call("RemoteStartTransaction")
    await status("Preparing")
    authorized = await station.call("Authorize", {"idTag": asked["idTag"]})
    start = {"connectorId": evse, "idTag": id_tag, "meterStart": job["beginWh"], "timestamp": job["begin"]}
    started = await station.call("StartTransaction", start)
    await status("Charging")
    transaction_id = started["transactionId"]
    sampled = {
        "value": str(job["middleWh"]),
        "context": "Sample.Periodic",
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
    }
    meter_value = [{"timestamp": job["middle"], "sampledValue": [sampled]}]
    await station.call(
        "MeterValues", {"connectorId": evse, "transactionId": transaction_id, "meterValue": meter_value}
    )
    signed = {
        "value": json.dumps(signed_value(job["record"])),
        "context": "Transaction.End",
        "format": "SignedData",
        "measurand": "Energy.Active.Import.Register",
    }
    stop = {
        "transactionId": transaction_id,
        "idTag": id_tag,
        "meterStop": job["endWh"],
        "timestamp": job["end"],
        "reason": "EVDisconnected",
        "transactionData": [{"timestamp": job["end"], "sampledValue": [signed]}],
    }
    stopped = await station.call("StopTransaction", stop)
    await status("Available")
    return {
        "boot": booted["status"],
        "asked": asked["idTag"],
        "authorized": authorized["idTagInfo"]["status"],
        "started": started["idTagInfo"]["status"],
        "transactionId": str(transaction_id),
        "stopped": stopped.get("idTagInfo", {}).get("status"),
    }


async def play_2(station, job):
    evse = {"id": job["evse"], "connectorId": 1}
    transaction_id = str(uuid.uuid4())
    boot = {
        "reason": "PowerUp",
        "chargingStation": {"model": "SingleSocketCharger", "vendorName": "VendorX"},
    }

    async def status(word):
        notification = {
            "timestamp": job["begin"],
            "connectorStatus": word,
            "evseId": evse["id"],
            "connectorId": evse["connectorId"],
        }
        await station.call("StatusNotification", notification)

    async def event(kind, trigger, number, timestamp, sampled, extra):
        payload = {
            "eventType": kind,
            "timestamp": timestamp,
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": transaction_id, **extra.pop("transactionInfo", {})},
            "meterValue": [{"timestamp": timestamp, "sampledValue": [sampled]}],
            **extra,
        }
        return await station.call("TransactionEvent", payload)

    def energy(value, context):
        return {
            "value": value,
            "context": context,
            "measurand": "Energy.Active.Import.Register",
            "location": "Outlet",
            "unitOfMeasure": {"unit": "kWh", "multiplier": -3},
        }

    booted = await station.call("BootNotification", boot)
    await status("Available")
    asked = await station.wait_for_call("RequestStartTransaction")
    id_token = asked["idToken"]
    await status("Occupied")
    authorized = await station.call("Authorize", {"idToken": id_token})
    begin = {
        "evse": evse,
        "idToken": {"idToken": job["idTag"], "type": "Central"},
        "transactionInfo": {"chargingState": "Charging", "remoteStartId": asked["remoteStartId"]},
    }
    started = await event(
        "Started", "RemoteStart", 0, job["begin"], energy(job["beginWh"], "Transaction.Begin"), begin
    )
    middle = {"transactionInfo": {"chargingState": "Charging"}}
    await event(
        "Updated", "MeterValuePeriodic", 1, job["middle"], energy(job["middleWh"], "Sample.Periodic"), middle
    )
    last = energy(job["endWh"], "Transaction.End")
    last["signedMeterValue"] = {**signed_value(job["record"]), "signingMethod": ""}
    end = {"transactionInfo": {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}}
    await event("Ended", "EVDeparted", 2, job["end"], last, end)
    await status("Available")
    return {
        "boot": booted["status"],
        "asked": id_token["idToken"],
        "authorized": authorized["idTokenInfo"]["status"],
        "started": started["idTokenInfo"]["status"],
        "transactionId": transaction_id,
    }


def signed_value(record):
    """What a meter signed, in the form of the note on signed meter values."""
    return {
        "signedMeterData": base64.b64encode(record.encode()).decode(),
        "encodingMethod": "OCMF",
        "publicKey": "",
    }


async def play(url, timeout_seconds, job):
    credentials = base64.b64encode(f"{job['stationId']}:{job['key']}".encode()).decode()
    socket = await websockets.connect(
        f"{url}/ocpp/{job['stationId']}",
        subprotocols=[job["protocol"]],
        extra_headers={"Authorization": f"Basic {credentials}"},
        open_timeout=timeout_seconds,
    )
    if socket.subprotocol != job["protocol"]:
        raise Refused(f"The service chose {socket.subprotocol}")
    station = Station(socket, timeout_seconds)
    try:
        told = await (play_16 if job["protocol"] == "ocpp1.6" else play_2)(station, job)
    finally:
        await station.close()
    return {"stationId": job["stationId"], "protocol": job["protocol"], **told}


async def main():
    job = json.load(sys.stdin)
    played = [play(job["url"], job["timeoutSeconds"], station) for station in job["stations"]]
    told = await asyncio.gather(*played, return_exceptions=True)
    failures = [one for one in told if isinstance(one, BaseException)]
    for failure in failures:
        print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
    print(json.dumps([one for one in told if not isinstance(one, BaseException)]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
