/* Pieces of a page in HTML. */
#ifndef LS_BENCH_REPORT_HTML_H
#define LS_BENCH_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/* What means something in HTML is escaped; what is not UTF-8 or moves a cursor becomes '?'. */
void ls_html_text(FILE *stream, const char *text);

/* <tag>text</tag> */
void ls_html_element(FILE *stream, const char *tag, const char *text);

/* A picture within the page. type: "image/svg+xml". */
void ls_html_picture(FILE *stream, const char *type, const char *bytes, size_t length,
                     const char *description);

#endif
