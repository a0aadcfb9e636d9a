import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What a test says about a request; the rest is as API Gateway fills it. */
export interface RequestOfTest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** An API Gateway event, payload 2.0. `target` is the path with its query string. Bytes travel as base64. */
export function httpEvent(
  method: string,
  target: string,
  { headers = {}, body = '' }: RequestOfTest = {},
): APIGatewayProxyEventV2 {
  const [path = '', query = ''] = target.split('?');
  const isBase64Encoded = typeof body !== 'string';
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    headers: { ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1_773_342_238_000,
    },
    body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded,
  };
}
