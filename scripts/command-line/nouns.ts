/** What the verbs of a noun are about. */
export const nouns: Readonly<Record<string, string>> = {
  operator: "who the operator is, and who acts for it",
  evse: "charging points",
  meter: "the meters of charging points, and their keys",
  station: "charging stations that report to the service, their cards and contracts",
  tariff: "prices",
  partners: "who gets a share",
  oracle: "the committee that settles",
  frames: "messages of stations that could not be worked on",
  sessions: "charging sessions, from the chain",
  settlement: "what the service has to bring to the chain",
  chain: "what the service has read of the chain",
  challenge: "settlements that somebody showed to be wrong",
  receipts: "what drivers get",
  dossier: "statements of proven energy",
  export: "for other systems",
  demo: "for trying everything on the chain of npm start",
};
