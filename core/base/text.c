#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence at text, 0 if it is none. */
static size_t sequence(const unsigned char *text) {
  unsigned char first = text[0], low = 0x80, high = 0xBF; /* limits of the second byte */
  size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (first > 0xF4) return 0;
  if (first == 0xE0) low = 0xA0;  /* shorter forms exist */
  if (first == 0xED) high = 0x9F; /* halves of UTF-16's pairs */
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F; /* beyond Unicode */
  for (size_t i = 1; i < length; i++, low = 0x80, high = 0xBF)
    if (text[i] < low || text[i] > high) return 0; /* the end of the text too */
  return length;
}

void ls_text_add_name(char *list, size_t size, const char *name) {
  size_t used = strlen(list);
  snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

void ls_text_make_utf8(char *text) {
  for (unsigned char *at = (unsigned char *)text; *at;) {
    size_t length = sequence(at);
    if (!length) *at = '?', length = 1;
    at += length;
  }
}

void ls_text_make_printable(char *text) {
  ls_text_make_utf8(text);
  for (unsigned char *at = (unsigned char *)text; *at; at++) {
    if (*at < ' ' || *at == 0x7F) *at = '?';
    if (at[0] == 0xC2 && at[1] < 0xA0) at[0] = at[1] = '?'; /* U+0080 to U+009F */
  }
}
