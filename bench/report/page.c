#include "bench/report/page.h"

#include "bench/report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Together with the figures (at most LS_MOST_FIGURES of PICTURE bytes, 4/3 of them as text) the
 * page stays below 3 MB. */
enum { PICTURES = 1800 << 10, MOST_ROWS = 1500, MOST_EPOCHS = 400 };

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#111;background:#fff}\n"
    "h1,h2,h3{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #999}\n"
    "table{border-collapse:collapse;font-size:.85rem;margin:1rem 0}\n"
    "th,td{border:1px solid #bbb;padding:.2rem .5rem;text-align:left;vertical-align:top}\n"
    ".facts th{white-space:nowrap}.facts td,.verdicts td{overflow-wrap:anywhere}\n"
    ".verdicts td:first-child{min-width:9rem}.verdicts td+td{overflow-wrap:normal}.verdicts "
    "td:nth-child(2),.verdicts td:nth-child(4)"
    "{white-space:nowrap}\n"
    ".wide{overflow-x:auto}.wide th,.wide td{white-space:nowrap}\n"
    "thead th{background:#eee}.number{text-align:right;font-variant-numeric:tabular-nums}\n"
    "th button{font:inherit;font-weight:bold;border:0;background:none;padding:0;cursor:pointer}\n"
    "tr.invalid td:nth-child(3){font-weight:bold;border:2px solid #000}\n"
    "figure{margin:1.5rem 0}figure img{width:100%;height:auto;border:1px solid #ddd}\n"
    "figcaption{font-size:.9rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;"
    "padding:.7rem;font-size:.85rem}\n"
    "@media print{@page{margin:14mm}body{font-size:10pt;margin:0;max-width:none}"
    "h2,h3{break-after:avoid}figure,tr{break-inside:avoid}"
    "table{font-size:8pt}@page wide{size:landscape}.landscape{page:wide}.wide{overflow:visible}"
    ".wide table{font-size:7pt}.wide th,.wide td{padding:.1rem .25rem}"
    "thead{display:table-header-group}"
    /* On paper nothing can be opened by a click. */
    "details::details-content{content-visibility:visible;block-size:auto}}\n";

/* Sorts a table by a column: numbers as numbers, empty cells last; once more: the other way. */
static const char script[] =
    "document.querySelectorAll('table.sortable').forEach(function(table){\n"
    " table.querySelectorAll('thead th').forEach(function(head,column){\n"
    "  var button=document.createElement('button'),up=false;\n"
    "  button.textContent=head.textContent;button.title='sort';head.textContent='';\n"
    "  head.appendChild(button);\n"
    "  button.addEventListener('click',function(){\n"
    "   var body=table.tBodies[0],rows=Array.from(body.rows);up=!up;\n"
    "   rows.sort(function(a,b){\n"
    "    var x=a.cells[column].textContent,y=b.cells[column].textContent;\n"
    "    if(x===''||y==='')return (x==='')-(y==='');\n"
    "    var n=Number(x)-Number(y),d=isNaN(n)?(x<y?-1:x>y?1:0):n;\n"
    "    return up?d:-d});\n"
    "   rows.forEach(function(row){body.appendChild(row)});\n"
    "   table.querySelectorAll('thead th').forEach(function(h){h.removeAttribute('aria-sort')});\n"
    "   head.setAttribute('aria-sort',up?'ascending':'descending')})})});\n";

static void write_figures(FILE *stream, const ls_figures *figures) {
  size_t bytes = 0;
  fputs("<h2>Figures</h2>\n", stream);
  if (figures->no_gnuplot)
    fputs("<p><strong>The runs have no figures: gnuplot is not installed. The data are whole; "
          "install gnuplot and make the report again.</strong></p>\n",
          stream);
  for (size_t f = 0; f < figures->count; f++) {
    const ls_figure *figure = &figures->figure[f];
    if (!figure->picture) continue;
    fputs("<figure>\n", stream);
    ls_html_element(stream, "h3", figure->title);
    bytes += figure->length / 3 * 4;
    if (bytes <= PICTURES)
      ls_html_picture(stream, figure->type, figure->picture, figure->length, figure->title);
    else
      fputs("<p>Left out, as the page would be too large: <code>larscale report --figures</code> "
            "writes it.</p>\n",
            stream);
    fprintf(stream, "<figcaption><p><strong>How to read it.</strong> %s</p><p>", figure->meaning);
    ls_html_text(stream, figure->caption);
    fputs("</p></figcaption>\n</figure>\n", stream);
  }
}

/* Columns of summary.csv that say most; the others stay in the file. */
static const char *const summary_columns[] = {
    "run_id",       "backend",     "scaling",      "nodes",    "ranks",     "threads",
    "global_batch", "cache_state", "kind",         "quantity", "n",         "median_s",
    "ci95_lo",      "ci95_hi",     "events_per_s", "speedup",  "efficiency"};
enum { SUMMARY_COLUMNS = sizeof summary_columns / sizeof *summary_columns };

static int find_column(const ls_table *table, const char *name) {
  for (size_t c = 0; c < table->columns; c++)
    if (!strcmp(table->cells[c], name)) return (int)c;
  return -1;
}

static void write_cell(FILE *stream, const char *text) {
  char *end;
  double value = strtod(text, &end);
  if (!*text || *end) {
    ls_html_element(stream, "td", text);
    return;
  }
  fputs("<td class=\"number\">", stream);
  if (strpbrk(text, ".eE")) /* as many digits as mean anything */
    fprintf(stream, "%.5g", value);
  else
    ls_html_text(stream, text);
  fputs("</td>", stream);
}

static double value_of(const ls_table *table, size_t row, const char *name) {
  int column = find_column(table, name);
  const char *text = column < 0 ? "" : table->cells[row * table->columns + (size_t)column];
  return *text ? strtod(text, NULL) : NAN;
}

/* Whether the interval lies within 5% of the median (results/README.md); without one it is not
 * known. */
static const char *precision(const ls_table *table, size_t row) {
  double median = value_of(table, row, "median_s"), low = value_of(table, row, "ci95_lo"),
         high = value_of(table, row, "ci95_hi");
  if (isnan(low) || isnan(high)) return "too few times";
  return low >= 0.95 * median && high <= 1.05 * median ? "yes" : "WIDER";
}

static void write_summary(FILE *stream, const ls_report_runs *runs) {
  size_t rows = 0, left_out = 0;
  fputs("<h3>Summary: medians with their 95% intervals</h3>\n<div class=\"wide\">"
        "<table class=\"sortable\"><thead><tr>",
        stream);
  for (int c = 0; c < SUMMARY_COLUMNS; c++) ls_html_element(stream, "th", summary_columns[c]);
  ls_html_element(stream, "th", "within 5%");
  fputs("</tr></thead><tbody>\n", stream);
  for (size_t r = 0; r < runs->count; r++) {
    const ls_table *table = &runs->run[r].tables[LS_TABLE_SUMMARY];
    for (size_t row = 1; table->cells && row <= table->rows; row++) {
      if (rows == MOST_ROWS) {
        left_out++;
        continue;
      }
      rows++;
      fputs("<tr>", stream);
      for (int c = 0; c < SUMMARY_COLUMNS; c++) {
        int column = find_column(table, summary_columns[c]);
        write_cell(stream, column < 0 ? "" : table->cells[row * table->columns + (size_t)column]);
      }
      ls_html_element(stream, "td", precision(table, row));
      fputs("</tr>\n", stream);
    }
  }
  fputs("</tbody></table></div>\n", stream);
  if (!rows) fputs("<p>The runs hold no summary.csv.</p>\n", stream);
  if (left_out)
    fprintf(stream, "<p>%zu more rows are in the runs&#39; summary.csv.</p>\n", left_out);
}

static void write_table(FILE *stream, const ls_report_run *run, ls_report_table which,
                        size_t most) {
  const ls_table *table = &run->tables[which];
  if (!table->rows) return;
  fputs("<details><summary>", stream);
  ls_html_text(stream, ls_report_run_name(run));
  fprintf(stream, "</summary><div class=\"wide\"><table class=\"sortable\"><thead><tr>");
  for (size_t c = 0; c < table->columns; c++) ls_html_element(stream, "th", table->cells[c]);
  fputs("</tr></thead><tbody>\n", stream);
  for (size_t row = 1; row <= table->rows && row <= most; row++) {
    fputs("<tr>", stream);
    for (size_t c = 0; c < table->columns; c++)
      write_cell(stream, table->cells[row * table->columns + c]);
    fputs("</tr>\n", stream);
  }
  fputs("</tbody></table></div>", stream);
  if (table->rows > most)
    fprintf(stream, "<p>%zu more rows are in %s.</p>", table->rows - most, ls_table_files[which]);
  fputs("</details>\n", stream);
}

static void write_each(FILE *stream, const ls_report_runs *runs, ls_report_table which,
                       const char *title) {
  size_t holders = 0;
  for (size_t r = 0; r < runs->count; r++) holders += runs->run[r].tables[which].rows > 0;
  if (!holders) return;
  fprintf(stream, "<h3>%s</h3>\n", title);
  for (size_t r = 0; r < runs->count; r++)
    write_table(stream, &runs->run[r], which, MOST_EPOCHS / holders + 1);
}

void ls_page_write(FILE *stream, const ls_report_runs *runs, const ls_figures *figures,
                   const char *revision) {
  fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<title>LArScale: report</title>\n<style>\n",
        stream);
  fputs(style, stream);
  fputs("</style></head><body>\n<h1>LArScale: report</h1>\n", stream);
  fputs("<p>How training a convolutional network on images of a liquid-argon time-projection "
        "chamber scales. What the published study says (EPJ Web Conf. 214, 06016) stands under the "
        "figures; its single points are not in its text and are not drawn.</p>\n",
        stream);
  ls_page_verdicts(stream, runs);
  ls_page_contents(stream, runs, figures);
  write_figures(stream, figures);
  fputs("<section class=\"landscape\">\n<h2>Tables</h2>\n", stream);
  write_summary(stream, runs);
  fputs("</section>\n", stream);
  write_each(stream, runs, LS_TABLE_HISTORY, "Loss and accuracy by epoch");
  write_each(stream, runs, LS_TABLE_CONFUSION, "Confusion tables");
  write_each(stream, runs, LS_TABLE_ROOFLINE, "Kernels");
  ls_page_machines(stream, runs);
  ls_page_commands(stream, runs);
  fputs("<p>Written by larscale, revision ", stream);
  ls_html_text(stream, revision);
  fputs(".</p>\n<script>\n", stream);
  fputs(script, stream);
  fputs("</script>\n</body></html>\n", stream);
}
