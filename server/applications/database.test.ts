import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from './database.ts';
import { dataFolder } from './testing.ts';

let database: Database;
beforeEach(async () => {
  database = await Database.open(await dataFolder());
});
afterEach(() => database.close());

test('a connection that is only being asked is waited for', async () => {
  await database.take();
  const connection = await database.take();
  database.give(connection);
  const answers = [database.answers(connection), database.answers(connection)];
  expect(await database.take()).toBe(connection);
  expect(await Promise.all(answers)).toEqual(['answered', 'answered']);
});

test('of two that wait for it, one gets it, and the other is refused', async () => {
  await database.take();
  const connection = await database.take();
  database.give(connection);
  const answer = database.answers(connection);
  const waiting = [database.take(), database.take()];
  const [first, second] = await Promise.allSettled(waiting);
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching('in use') } });
  expect(await answer).toBe('answered');
});

test('one that is in use is not asked, and not waited for', async () => {
  const connection = await database.take();
  await database.take();
  expect(await database.answers(connection)).toBe('not asked: the connection is in use');
  await expect(database.take()).rejects.toThrow('All 2 connections to the database are in use');
});
