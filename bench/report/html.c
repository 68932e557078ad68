#include "bench/report/html.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void put_escaped(FILE *stream, const char *text) {
  for (; *text; text++) {
    switch (*text) {
    case '&':
      fputs("&amp;", stream);
      break;
    case '<':
      fputs("&lt;", stream);
      break;
    case '>':
      fputs("&gt;", stream);
      break;
    case '"':
      fputs("&quot;", stream);
      break;
    case '\'':
      fputs("&#39;", stream);
      break;
    default:
      fputc(*text, stream);
    }
  }
}

void ls_html_text(FILE *stream, const char *text) {
  size_t length = strlen(text) + 1;
  char *copy = malloc(length);
  if (!copy) return; /* a page with less in it; nothing else would work either */
  memcpy(copy, text, length);
  ls_text_make_printable(copy);
  put_escaped(stream, copy);
  free(copy);
}

void ls_html_element(FILE *stream, const char *tag, const char *text) {
  fprintf(stream, "<%s>", tag);
  ls_html_text(stream, text);
  fprintf(stream, "</%s>", tag);
}

/* RFC 4648. */
static void put_base64(FILE *stream, const unsigned char *bytes, size_t length) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    unsigned value = (unsigned)bytes[i] << 16;
    if (i + 1 < length) value |= (unsigned)bytes[i + 1] << 8;
    if (i + 2 < length) value |= bytes[i + 2];
    fputc(letters[value >> 18], stream);
    fputc(letters[value >> 12 & 63], stream);
    fputc(i + 1 < length ? letters[value >> 6 & 63] : '=', stream);
    fputc(i + 2 < length ? letters[value & 63] : '=', stream);
  }
}

void ls_html_picture(FILE *stream, const char *type, const char *bytes, size_t length,
                     const char *description) {
  fputs("<img alt=\"", stream);
  ls_html_text(stream, description);
  fprintf(stream, "\" src=\"data:%s;base64,", type);
  put_base64(stream, (const unsigned char *)bytes, length);
  fputs("\">\n", stream);
}
