/** Rule files with mistakes, and every issue each gives: `line:column path: message`. */
export interface WrongFile {
  readonly what: string;
  readonly text: string;
  readonly expected: readonly string[];
  /** Prometheus takes the file; what we refuse is a limit of ours. */
  readonly isOurLimit?: boolean;
}

const cases: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  [
    'an expression with a mistake of type, at the place of its text',
    'groups:\n  - name: yolo\n    rules:\n      - record: yolo\n        expr: rate(hi)\n',
    [
      '5:15 groups[0].rules[0].expr: group "yolo", rule 1, "yolo": could not parse expression: 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
  ],
  [
    'an expression over several lines, with the line inside it',
    'groups:\n  - name: g\n    rules:\n      - alert: a\n        expr: |\n          up\n           +\n          rate(x)\n',
    [
      '5:15 groups[0].rules[0].expr: group "g", rule 1, "a": could not parse expression: 3:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
  ],
  [
    'fields Prometheus does not know, on every level',
    'groups:\n  - name: g\n    evaluation_delay: 1m\n    rules:\n      - alert: a\n        expr: up\n        annotation: {a: b}\nextra: 1\n',
    [
      '8:1 extra: field extra not found in type rulefmt.RuleGroups',
      '3:5 groups[0].evaluation_delay: field evaluation_delay not found in type rulefmt.RuleGroup',
      '7:9 groups[0].rules[0].annotation: field annotation not found in type rulefmt.Rule',
    ],
  ],
  [
    'durations',
    'groups:\n  - name: g\n    interval: abc\n    query_offset: 1.5h\n    rules:\n      - {alert: a, expr: up, for: "", keep_firing_for: 1y2y}\n',
    [
      '3:15 groups[0].interval: not a valid duration string: "abc"',
      '4:19 groups[0].query_offset: unknown unit "." in duration "1.5h"',
      '6:35 groups[0].rules[0].for: empty duration string',
      '6:56 groups[0].rules[0].keep_firing_for: not a valid duration string: "1y2y"',
    ],
  ],
  [
    'values of the wrong type',
    'groups:\n  - name: [g]\n    limit: x\n    labels: [a]\n    rules:\n      - hello\n      - {alert: {a: b}, expr: [up], labels: {a: [1]}}\n',
    [
      '2:11 groups[0].name: cannot unmarshal !!seq into string',
      '3:12 groups[0].limit: cannot unmarshal !!str `x` into int',
      '4:13 groups[0].labels: cannot unmarshal !!seq into map[string]string',
      '6:9 groups[0].rules[0]: cannot unmarshal !!str `hello` into rulefmt.Rule',
      '7:17 groups[0].rules[1].alert: cannot unmarshal !!map into string',
      '7:31 groups[0].rules[1].expr: cannot unmarshal !!seq into string',
      '7:49 groups[0].rules[1].labels.a: cannot unmarshal !!seq into string',
    ],
  ],
  ['a list at the top', '- a\n', ['1:1 : cannot unmarshal !!seq into rulefmt.RuleGroups']],
  [
    'keys that come twice',
    'groups:\n  - name: g\n    name: h\n    rules:\n      - {alert: a, expr: up, labels: {x: "1", x: "2"}}\n',
    [
      '3:5 groups[0].name: mapping key "name" already defined at line 2',
      '5:47 groups[0].rules[0].labels.x: mapping key "x" already defined at line 5',
    ],
  ],
  [
    'group names: none, and one that comes twice',
    'groups:\n  - name: ""\n  - name: g\n  - name: g\n',
    [
      '2:5 groups[0].name: Groupname must not be empty',
      '4:11 groups[2].name: groupname: "g" is repeated in the same file',
    ],
  ],
  [
    'a rule that is both, and one that is neither',
    'groups:\n  - name: g\n    rules:\n      - record: Hi\n        alert: Hello\n        expr: 1\n      - expr: 1\n',
    [
      '4:17 groups[0].rules[0]: group "g", rule 1, "Hello": only one of \'record\' and \'alert\' must be set',
      '7:9 groups[0].rules[1].alert: group "g", rule 2, "": one of \'record\' or \'alert\' must be set',
    ],
  ],
  [
    'no expression',
    'groups:\n  - name: g\n    rules:\n      - record: a\n      - {alert: b, expr: ""}\n',
    [
      '4:9 groups[0].rules[0].expr: group "g", rule 1, "a": field \'expr\' must be set in rule',
      '5:26 groups[0].rules[1].expr: group "g", rule 2, "b": field \'expr\' must be set in rule',
    ],
  ],
  [
    'what only alerts have, in a recording rule',
    'groups:\n  - name: g\n    rules:\n      - record: a\n        expr: up\n        for: 1m\n        keep_firing_for: 1m\n        annotations: {a: b}\n',
    [
      '4:17 groups[0].rules[0].annotations: group "g", rule 1, "a": invalid field \'annotations\' in recording rule',
      '4:17 groups[0].rules[0].for: group "g", rule 1, "a": invalid field \'for\' in recording rule',
      '4:17 groups[0].rules[0].keep_firing_for: group "g", rule 1, "a": invalid field \'keep_firing_for\' in recording rule',
    ],
  ],
  [
    'braces in the name of a recording rule',
    'groups:\n  - name: g\n    rules:\n      - record: strawberry{flavor="sweet"}\n        expr: 1\n',
    [
      '4:17 groups[0].rules[0].record: group "g", rule 1, "strawberry{flavor=\\"sweet\\"}": braces present in the recording rule name; should it be in expr?: strawberry{flavor="sweet"}',
    ],
  ],
  [
    'names of labels and annotations',
    'groups:\n  - name: g\n    labels: {__name__: x}\n    rules:\n      - alert: a\n        expr: up\n        labels: {"": x, __name__: y}\n        annotations: {"": x, __name__: y}\n',
    [
      '3:14 groups[0].labels.__name__: invalid label name: __name__',
      '7:18 groups[0].rules[0].labels.: group "g", rule 1, "a": invalid label name: ',
      '7:25 groups[0].rules[0].labels.__name__: group "g", rule 1, "a": invalid label name: __name__',
      '8:23 groups[0].rules[0].annotations.: group "g", rule 1, "a": invalid annotation name: ',
    ],
  ],
  [
    'templates that do not parse, in labels and annotations',
    'groups:\n  - name: g\n    rules:\n      - alert: x\n        expr: up\n        labels: {l: "{{ $labell }}"}\n        annotations: {a: "{{ nofunc }}", b: "{{", c: "{{ end }}", d: "{{ .Value.Nope }}"}\n',
    [
      '6:18 groups[0].rules[0].labels.l: group "g", rule 1, "x": label "l": template: __alert_x:1: undefined variable "$labell"',
      '7:23 groups[0].rules[0].annotations.a: group "g", rule 1, "x": annotation "a": template: __alert_x:1: function "nofunc" not defined',
      '7:42 groups[0].rules[0].annotations.b: group "g", rule 1, "x": annotation "b": template: __alert_x:1: unclosed action',
      '7:51 groups[0].rules[0].annotations.c: group "g", rule 1, "x": annotation "c": template: __alert_x:1: unexpected {{end}}',
    ],
  ],
  [
    'an alias without an anchor',
    'groups:\n  - name: g\n    rules:\n      - {alert: a, expr: *up}\n',
    ["4:26 groups[0].rules[0].expr: yaml: unknown anchor 'up' referenced"],
  ],
];

const ourLimits: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  [
    'an interval below the grain of the schedule',
    'groups:\n  - name: g\n    interval: 500ms\n',
    ['2:5 groups[0].interval: interval of 500ms is shorter than 1000ms'],
  ],
];

export const wrongFiles: readonly WrongFile[] = [
  ...cases.map(([what, text, expected]) => ({ what, text, expected })),
  ...ourLimits.map(([what, text, expected]) => ({ what, text, expected, isOurLimit: true })),
];
