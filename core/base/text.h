/* Texts that come from files and command lines, made fit to be shown. */
#ifndef LS_BASE_TEXT_H
#define LS_BASE_TEXT_H

/* Puts '?' in the place of every byte that is not UTF-8 (RFC 3629). */
void ls_text_make_utf8(char *text);

/* The same, and for control characters: what is left is one line that moves no cursor. */
void ls_text_make_printable(char *text);

#endif
