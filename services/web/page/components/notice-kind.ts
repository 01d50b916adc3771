/** How a message is meant: something to know, done, care is asked for, no. */
export type NoticeKind = "info" | "good" | "warning" | "bad";
