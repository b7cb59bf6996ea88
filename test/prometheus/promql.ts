import { parser } from "@prometheus-io/lezer-promql";
import type { SyntaxNode } from "@lezer/common";

/** One metric that an expression asks for. */
export interface Selector {
  readonly metric: string;
  /** Labels that it is chosen by. */
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
  /** Labels that the aggregations around it keep. */
  readonly groupedBy: readonly string[];
}

/** @throws Error where the expression is no PromQL */
export function selectorsOf(expression: string): Selector[] {
  const text = (node: SyntaxNode) => expression.slice(node.from, node.to);
  const selectors: Selector[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to, node }) {
      if (name === "⚠") throw new Error(`not PromQL at ${from}: ${expression.slice(from, to)} in ${expression}`);
      if (name !== "VectorSelector") return;
      const matchers = inside(node, "UnquotedLabelMatcher").map((matcher) => ({
        label: text(matcher.getChild("LabelName")!),
        operator: text(matcher.getChild("MatchOp")!),
        value: JSON.parse(text(matcher.getChild("StringLiteral")!)) as string,
      }));
      const groupedBy = around(node, "AggregateExpr").flatMap((aggregate) =>
        inside(aggregate.getChild("AggregateModifier"), "GroupingLabels").flatMap((labels) =>
          labels.getChildren("LabelName").map(text),
        ),
      );
      selectors.push({ metric: text(node.getChild("Identifier")!), matchers, groupedBy });
    },
  });
  return selectors;
}

function inside(node: SyntaxNode | null, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node?.cursor().iterate((each) => {
    if (each.name === name) found.push(each.node);
  });
  return found;
}

function around(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let at = node.parent; at; at = at.parent) if (at.name === name) found.push(at);
  return found;
}
