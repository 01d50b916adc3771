import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

/** A field with its label, its hint and what is wrong with it. */
export function Field(properties: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly inputMode?: "numeric" | "decimal" | "search" | "email";
  /** Stands in the field's line. */
  readonly children?: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const { label, value, onInput, hint, problem = null, inputMode, children } = properties;
  const describedBy = [hint === undefined ? "" : `${id}-hint`, problem === null ? "" : `${id}-problem`]
    .join(" ")
    .trim();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="line">
        <input
          id={id}
          type="text"
          autocomplete="off"
          inputmode={inputMode}
          value={value}
          aria-invalid={problem !== null}
          aria-describedby={describedBy === "" ? undefined : describedBy}
          onInput={(event) => {
            onInput(event.currentTarget.value);
          }}
        />
        {children}
      </div>
      {problem !== null && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** One of a few, in one line. */
export function Choice<Value extends string>(properties: {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly detail?: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}): JSX.Element {
  const { legend, name, options, value, onChange } = properties;
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="choice">
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => {
                onChange(option.value);
              }}
            />
            <span>
              {option.label}
              {option.detail !== undefined && <small>{option.detail}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** On or off. */
export function Toggle(properties: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}): JSX.Element {
  const { label, isOn, onChange } = properties;
  return (
    <label class="toggle">
      {label}
      <input
        type="checkbox"
        role="switch"
        checked={isOn}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
    </label>
  );
}
