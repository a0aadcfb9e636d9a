/** Requests to /api/v1 that are refused with 400, and the error texts of a Prometheus 3.5.3. */
export const REFUSED_REQUESTS: readonly (readonly [target: string, error: string])[] = [
  ['query', 'invalid parameter "query": unknown position: parse error: no expression found in input'],
  ['query?query=(', 'invalid parameter "query": 1:2: parse error: unclosed left parenthesis'],
  [
    'query?query=1%2B%22a%22',
    'invalid parameter "query": 1:3: parse error: binary expression must contain only scalar and instant vector types',
  ],
  [
    'query?query=1&time=abc',
    `invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp`,
  ],
  ['query?query=1&timeout=x', 'invalid parameter "timeout": cannot parse "x" to a valid duration'],
  ['query?query=1&limit=x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  ['query?query=1&limit=-1', 'invalid parameter "limit": limit must be non-negative'],
  ['query?query=1&lookback_delta=x', 'error parsing lookback delta duration: cannot parse "x" to a valid duration'],
  ['query_range?query=1&end=1&step=1', 'invalid parameter "start": cannot parse "" to a valid timestamp'],
  ['query_range?query=1&start=1&end=x&step=1', 'invalid parameter "end": cannot parse "x" to a valid timestamp'],
  ['query_range?query=1&start=5&end=1&step=1', 'invalid parameter "end": end timestamp must not be before start time'],
  ['query_range?query=1&start=0&end=1&step=x', 'invalid parameter "step": cannot parse "x" to a valid duration'],
  [
    'query_range?query=1&start=0&end=1&step=1e300',
    'invalid parameter "step": cannot parse "1e300" to a valid duration. It overflows int64',
  ],
  [
    'query_range?query=1&start=0&end=1&step=0',
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    'query_range?query=1&start=0&end=11001&step=1',
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
  [
    'query_range?query=a%5B5m%5D&start=0&end=1&step=1',
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  ['format_query', 'invalid parameter "query": unknown position: parse error: no expression found in input'],
  ['parse_query?query=)', `invalid parameter "query": 1:2: parse error: unexpected right parenthesis ')'`],
  ['query_exemplars?query=a&start=5&end=1', 'end timestamp must not be before start timestamp'],
  ['series', 'no match[] parameter provided'],
  ['series?match[]=%7B%7D', 'invalid parameter "match[]": match[] must contain at least one non-empty matcher'],
  ['series?match[]=a%5B', 'invalid parameter "match[]": 1:2: parse error: unexpected "["'],
  [
    'series?match[]=a&start=x',
    `invalid parameter "start": invalid time value for 'start': cannot parse "x" to a valid timestamp`,
  ],
  ['labels?match[]=%7B%7D', 'match[] must contain at least one non-empty matcher'],
  ['labels?limit=x', 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  ['label/%FF/values', 'invalid label name: "\\xff"'],
  ['label/a/values?match[]=%7B%7D', 'match[] must contain at least one non-empty matcher'],
  ['metadata?limit=x', 'limit must be a number'],
  ['metadata?limit_per_metric=x', 'limit_per_metric must be a number'],
  ['rules?type=foo', 'invalid parameter "type": not supported value "foo"'],
  ['rules?group_limit=0', 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
  [
    'rules?group_limit=x',
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  [
    'rules?group_next_token=x',
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  ],
  [
    'rules?group_limit=1&group_next_token=x',
    `invalid parameter "group_next_token": invalid group_next_token 'x'. were rule groups changed?`,
  ],
  ['rules?match[]=%7B%7D', 'match[] must contain at least one non-empty matcher'],
  ['rules?match[]=a%5B', '1:2: parse error: unexpected "["'],
  [
    'rules?exclude_alerts=x',
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax',
  ],
];
