/**
 * The default HTML of an email: one table that mail programs render alike, styles inline because most of them drop style
 * sheets. Built from a few named styles; what it renders is held equal to Alertmanager's by test/notify.
 */
const family = "font-family: 'Helvetica Neue', Helvetica, Arial, sans-serif; box-sizing: border-box;";
const font = `${family} font-size: 14px;`;
const base = `margin: 0; ${font}`;
const row = `<tr style="${base}">`;
const cell = 'vertical-align: top;';
const block = `<td class="content-block" style="${base} ${cell} padding: 0 0 20px;" valign="top">`;
const lineBreak = `<br style="${base}">`;
const heading = (text: string): string => `<strong style="${base}">${text}</strong>`;

const narrow = `@media only screen and (max-width: 640px) {
  body {
    padding: 0 !important;
  }

  h1,
h2,
h3,
h4 {
    font-weight: 800 !important;
    margin: 20px 0 5px !important;
  }

  h1 {
    font-size: 22px !important;
  }

  h2 {
    font-size: 18px !important;
  }

  h3 {
    font-size: 16px !important;
  }

  .container {
    padding: 0 !important;
    width: 100% !important;
  }

  .content {
    padding: 0 !important;
  }

  .content-wrap {
    padding: 10px !important;
  }

  .invoice {
    width: 100% !important;
  }
}`;

const banner = (kind: string, color: string, afterPair: string): string =>
  `<td class="alert alert-${kind}" style="margin: 0; ${family} ${cell} font-size: 16px; color: #fff; font-weight: 500; padding: 20px; text-align: center; border-radius: 3px 3px 0 0; background-color: ${color};" valign="top" align="center" bgcolor="${color}">
              {{ .Alerts | len }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for {{ range .GroupLabels.SortedPairs }}
                {{ .Name }}={{ .Value }}${afterPair}
              {{ end }}
            </td>`;

const button = `<a href="{{ template "__alertmanagerURL" . }}" class="btn-primary" style="${base} text-decoration: none; color: #FFF; background-color: #348eda; border: solid #348eda; border-width: 10px 20px; line-height: 2em; font-weight: bold; text-align: center; cursor: pointer; display: inline-block; border-radius: 5px; text-transform: capitalize;">View in {{ template "__alertmanager" . }}</a>`;

const blockRow = (content: string): string => `                ${row}
                  ${block}
                    ${content}
                  </td>
                </tr>`;

const pairs = (field: string): string =>
  `{{ range .${field}.SortedPairs }}{{ .Name }} = {{ .Value }}${lineBreak}{{ end }}`;

const alert = blockRow(`${heading('Labels')}${lineBreak}
                    ${pairs('Labels')}
                    {{ if gt (len .Annotations) 0 }}${heading('Annotations')}${lineBreak}{{ end }}
                    ${pairs('Annotations')}
                    <a href="{{ .GeneratorURL }}" style="${base} color: #348eda; text-decoration: underline;">Source</a>${lineBreak}`);

const rule = blockRow(`${lineBreak}
                    <hr style="${base}">
                    ${lineBreak}`);

const sections = `                {{ if gt (len .Alerts.Firing) 0 }}
${blockRow(heading('[{{ .Alerts.Firing | len }}] Firing'))}
                {{ end }}
                {{ range .Alerts.Firing }}
${alert}
                {{ end }}

                {{ if gt (len .Alerts.Resolved) 0 }}
                  {{ if gt (len .Alerts.Firing) 0 }}
${rule}
                  {{ end }}
${blockRow(heading('[{{ .Alerts.Resolved | len }}] Resolved'))}
                {{ end }}
                {{ range .Alerts.Resolved }}
${alert}
                {{ end }}`;

const footer = `        <div class="footer" style="${base} width: 100%; clear: both; color: #999; padding: 20px;">
          <table width="100%" style="${base}">
            ${row}
              <td class="aligncenter content-block" style="margin: 0; ${family} ${cell} padding: 0 0 20px; text-align: center; color: #999; font-size: 12px;" valign="top" align="center"><a href="{{ .ExternalURL }}" style="margin: 0; ${family} text-decoration: underline; color: #999; font-size: 12px;">Sent by {{ template "__alertmanager" . }}</a></td>
            </tr>
          </table>
        </div>`;

/** Body of the template "email.default.html". */
export const emailTemplate = `

<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" style="${base}">
<head>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>{{ template "__subject" . }}</title>
<style>
${narrow}
</style>
</head>

<body itemscope itemtype="https://schema.org/EmailMessage" style="${base} -webkit-font-smoothing: antialiased; -webkit-text-size-adjust: none; height: 100%; line-height: 1.6em; background-color: #f6f6f6; width: 100%;">

<table class="body-wrap" style="${base} background-color: #f6f6f6; width: 100%;" width="100%" bgcolor="#f6f6f6">
  ${row}
    <td style="${base} ${cell}" valign="top"></td>
    <td class="container" width="600" style="${font} ${cell} display: block; max-width: 600px; margin: 0 auto; clear: both;" valign="top">
      <div class="content" style="${font} max-width: 600px; margin: 0 auto; display: block; padding: 20px;">
        <table class="main" width="100%" cellpadding="0" cellspacing="0" style="${base} background-color: #fff; border: 1px solid #e9e9e9; border-radius: 3px;" bgcolor="#fff">
          ${row}
            {{ if gt (len .Alerts.Firing) 0 }}
            ${banner('warning', '#E6522C', '')}
            {{ else }}
            ${banner('good', '#68B90F', ' ')}
            {{ end }}
          </tr>
          ${row}
            <td class="content-wrap" style="${base} ${cell} padding: 30px;" valign="top">
              <table width="100%" cellpadding="0" cellspacing="0" style="${base}">
${blockRow(button)}
${sections}
              </table>
            </td>
          </tr>
        </table>

${footer}</div>
    </td>
    <td style="${base} ${cell}" valign="top"></td>
  </tr>
</table>

</body>
</html>
`;
