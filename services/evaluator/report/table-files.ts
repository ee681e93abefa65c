import { resolutionText } from '../measure/conditions.js'
import { PAPER } from './paper-figures.js'
import type { Report } from './read-report.js'
import { conditionText, percent, type ReportTable, reportTables, type TableFigure } from './report-tables.js'

const COLUMNS = 'protocol,metric,parameter,model,source,probe,gallery,value,low,high,count'

/** @returns every figure as a line of CSV (RFC 4180): rates in [0, 1], `source` measured, difference or paper */
export function csvTables(reports: readonly Report[]): string {
  const lines = reports.flatMap((report) =>
    reportTables(report).flatMap(({ protocol, conditions, rows }) =>
      rows.flatMap(({ metric, parameter, model, source, cells }) =>
        cells.flatMap((cell, i) => {
          const at = conditions[i]
          if (cell === undefined || at === undefined) return []
          const place = [resolutionText(at.probe), resolutionText(at.gallery)]
          const figures = [cell.value, cell.low ?? '', cell.high ?? '', cell.count ?? '']
          return [[protocol, metric, parameter, model, source, ...place, ...figures].map(csvCell).join(',')]
        }),
      ),
    ),
  )
  return `${[COLUMNS, ...lines].join('\r\n')}\r\n`
}

function csvCell(cell: string | number): string {
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** @returns the tables for LaTeX with the package booktabs: rates in percent with their 95 % intervals */
export function latexTables(reports: readonly Report[]): string {
  const tables = reports.flatMap((report) => reportTables(report).map((table) => latexTable(table, report)))
  return `% Needs \\usepackage{booktabs}. Percent, with 95 % intervals; the paper's figures: ${PAPER.replace(/[“”]/g, '"')}.\n\n${tables.join('\n')}`
}

function latexTable({ protocol, conditions, rows }: ReportTable, { spec }: Report): string {
  const head = ['Metric', 'Model', ...conditions.map((condition) => conditionText(condition, spec.side))]
  const lines = rows.map(({ title, model, cells }, i) => {
    const isNew = i > 0 && rows[i - 1]?.title !== title
    const line = [i === 0 || isNew ? title : '', model, ...cells.map(latexCell)]
    return `${isNew ? '\\addlinespace\n' : ''}${line.map(escapeLatex).join(' & ')} \\\\`
  })
  return `\\begin{table}
\\centering
\\caption{${escapeLatex(`${protocol}, ${degradedText(spec.side)}, in %`)}}
\\begin{tabular}{ll${'r'.repeat(conditions.length)}}
\\toprule
${head.map(escapeLatex).join(' & ')} \\\\
\\midrule
${lines.join('\n')}
\\bottomrule
\\end{tabular}
\\end{table}
`
}

function latexCell(figure: TableFigure | undefined): string {
  if (figure === undefined) return ''
  const { value, low, high } = figure
  return `${percent(value)}${low === undefined || high === undefined ? '' : ` [${percent(low)}, ${percent(high)}]`}`
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '−': '$-$',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
}

const escapeLatex = (text: string) =>
  text.replace(/[\\−~^&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`)

/** @returns what the columns of tables are */
export function degradedText(side: Report['spec']['side']): string {
  if (side === 'matrix') return 'probe : gallery resolutions in pixels'
  return side === 'both' ? 'probe and gallery degraded' : `${side} degraded`
}
