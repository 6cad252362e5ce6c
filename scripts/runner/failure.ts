/** A run that cannot be made, told in one line: what was wrong, where, and what to do. */
export class Failure extends Error {
  /**
   * @param exitCode 2 for wrong usage or configuration, 3 where nothing could be established
   * @param details lines that help to do it, such as what there is to choose from
   */
  constructor(
    readonly exitCode: 2 | 3,
    message: string,
    readonly details: string[] = [],
  ) {
    super(message);
  }
}

export function usage(message: string, details: string[] = []): Failure {
  return new Failure(2, message, details);
}
