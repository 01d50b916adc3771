import { z } from "zod";

// The library would make code out of text where it may; the content security policy forbids it, and a browser complains
// of the attempt. This module is imported before all others, since schemas look for it when they are made.
z.config({ jitless: true });
