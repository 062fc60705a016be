import type { TestExpression } from 'unbash';
import { compile, RegexSyntaxError } from '../programs/regex.js';
import { binaryTest, unaryTest } from '../programs/test.js';
import { evaluateText } from './arithmetic.js';
import type { Executor } from './execute.js';
import type { Expander } from './expand.js';
import { Pattern } from './pattern.js';

/** Returns the status of `[[ … ]]`: 2 for an invalid or too expensive regular expression. */
export async function testStatus(by: Executor, expression: TestExpression): Promise<number> {
  try {
    return (await evaluateTest(by.expander, expression)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    await by.shell.complain(error.message);
    return 2;
  }
}

async function evaluateTest(by: Expander, node: TestExpression): Promise<boolean> {
  switch (node.type) {
    case 'TestGroup':
      return evaluateTest(by, node.expression);
    case 'TestNot':
      return (await evaluateTest(by, node.operand)) !== (node.negations.length % 2 === 1);
    case 'TestLogical': {
      for (const operand of node.operands) {
        const holds = await evaluateTest(by, operand);
        if (holds === (node.operator === '||')) return holds;
      }
      return node.operator === '&&';
    }
    case 'TestUnary':
      return unaryTest(by.shell.task, node.operator, await by.text(node.operand), (name) => by.shell.vars.has(name));
    case 'TestBinary':
      return binary(by, node);
  }
}

async function binary(
  by: Expander,
  { operator, left, right }: Extract<TestExpression, { readonly type: 'TestBinary' }>,
): Promise<boolean> {
  const text = await by.text(left);
  if (operator === '=' || operator === '==' || operator === '!=') {
    return new Pattern(await by.pattern(right)).matches(text) === (operator !== '!=');
  }
  const other = await by.text(right);
  if (operator === '=~') {
    return (await compile(other, { extended: true })).test(text);
  }
  if (/^-(eq|ne|lt|le|gt|ge)$/.test(operator)) {
    const [a, b] = [await evaluateText(text || '0', by.scope), await evaluateText(other || '0', by.scope)];
    return binaryTest(by.shell.task, String(a), operator, String(b));
  }
  return binaryTest(by.shell.task, text, operator, other);
}
