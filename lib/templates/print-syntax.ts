import { quoteText } from './go-quote.ts';
import type { Node, Statement } from './syntax.ts';

/** Source text of a node in Go's canonical form, as it stands between `<` and `>` in errors. */
export function printNode(node: Node): string {
  switch (node.kind) {
    case 'pipe': {
      const declared =
        node.variables.length === 0 ? '' : `${node.variables.join(', ')} ${node.isAssignment ? '=' : ':='} `;
      return declared + node.commands.map(printNode).join(' | ');
    }
    case 'command':
      return node.words.map((word) => (word.kind === 'pipe' ? `(${printNode(word)})` : printNode(word))).join(' ');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
    case 'number':
      return node.source;
    case 'function':
      return node.name;
    case 'field':
      return `.${node.names.join('.')}`;
    case 'variable':
      return [node.name, ...node.names].join('.');
    case 'chain': {
      const operand = printNode(node.operand);
      return `${node.operand.kind === 'pipe' ? `(${operand})` : operand}.${node.names.join('.')}`;
    }
    default:
      return printStatement(node);
  }
}

function printStatement(node: Statement): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quoteText(node.name)}${node.pipe === null ? '' : ` ${printNode(node.pipe)}`}}}`;
    default: {
      const body = node.body.map(printNode).join('');
      const otherwise = node.otherwise === null ? '' : `{{else}}${node.otherwise.map(printNode).join('')}`;
      return `{{${node.kind} ${printNode(node.pipe)}}}${body}${otherwise}{{end}}`;
    }
  }
}
