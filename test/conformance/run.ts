import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseResult, runScript } from '../promql/script-runner.ts';
import floor from './floor.json' with { type: 'json' };

// Runs Prometheus' own test scripts, prints a table, and fails when a file that passed whole no longer does, or when any
// file has fewer passes than floor.json records. TOCSIN_SHARED names the folder that holds conformance/promqltest.
// --failures prints each case that failed, --not-yet each that waits.

const WHOLE = 'literals selectors staleness subquery range_queries at_modifier collision trig_functions'.split(' ');
const floors: Readonly<Record<string, number>> = floor;

interface FileReport {
  readonly name: string;
  readonly cases: readonly CaseResult[];
}

function runFile(folder: string, file: string): FileReport {
  return { name: file.replace(/\.test$/, ''), cases: runScript(readFileSync(join(folder, file), 'utf8')) };
}

function countOf({ cases }: FileReport, outcome: CaseResult['outcome']): number {
  return cases.filter((result) => result.outcome === outcome).length;
}

function printRow(name: string, counts: readonly (string | number)[]): void {
  console.log(name.padEnd(24) + counts.map((count) => String(count).padStart(9)).join(''));
}

function printCases({ name, cases }: FileReport, outcome: CaseResult['outcome']): void {
  for (const { line, query, reason } of cases.filter((result) => result.outcome === outcome)) {
    console.log(`${name}.test:${line}: ${query}\n    ${reason.split('\n').join('\n    ')}`);
  }
}

const shared = process.env['TOCSIN_SHARED'] ?? '../shared';
const folder = join(shared, 'conformance', 'promqltest');
const reports = readdirSync(folder)
  .filter((file) => file.endsWith('.test'))
  .toSorted()
  .map((file) => runFile(folder, file));

const shown = process.argv.find((argument) => argument.endsWith('.test'));
for (const report of reports) {
  if (shown !== undefined && shown !== `${report.name}.test`) continue;
  if (process.argv.includes('--failures')) printCases(report, 'failed');
  if (process.argv.includes('--not-yet')) printCases(report, 'not yet');
}

printRow('file', ['passed', 'failed', 'not yet', 'cases']);
for (const report of reports) {
  const counts = (['passed', 'failed', 'not yet'] as const).map((outcome) => countOf(report, outcome));
  printRow(report.name, [...counts, report.cases.length]);
}
const totals = (['passed', 'failed', 'not yet'] as const).map((outcome) =>
  reports.reduce((sum, report) => sum + countOf(report, outcome), 0),
);
printRow('total', [...totals, reports.reduce((sum, report) => sum + report.cases.length, 0)]);

const broken = reports.flatMap((report) => {
  const passed = countOf(report, 'passed');
  const atLeast = WHOLE.includes(report.name) ? report.cases.length : (floors[report.name] ?? 0);
  return passed < atLeast ? [`${report.name}: ${passed} passed, at least ${atLeast} must`] : [];
});
for (const name of WHOLE) if (!reports.some((report) => report.name === name)) broken.push(`${name}: no such file`);
for (const line of broken) console.error(line);
process.exitCode = broken.length > 0 ? 1 : 0;
