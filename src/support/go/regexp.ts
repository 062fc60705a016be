/** What expressions of RE2 may cost, whose time is linear in the text, times the length of the expression. */

/** Characters of the longest expression: to compile one takes time that grows faster than its length. */
export const longestExpression = 4096;

/** Steps of the longest search, each one instruction of the expression on one character of the text. */
const mostSteps = 4e6;

/** Whether a search would take too long. @param instructions of the expression @param characters of the text */
export const isTooCostly = (instructions: number, characters: number): boolean => instructions * characters > mostSteps;
