import { z } from 'zod';

/** A key of the witness, as every tool takes it. Short, because thousands of them are kept. */
export const key = z.string().min(1).max(200);
