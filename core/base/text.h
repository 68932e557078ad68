/* Texts to be shown: lists of names, and what comes from files and command lines made fit for it.
 */
#ifndef LS_BASE_TEXT_H
#define LS_BASE_TEXT_H

#include <stddef.h>

/* Adds a name to a list of them, "lz4, zstd"; list is a text, empty at first. What does not fit
 * into its size bytes is cut off. */
void ls_text_add_name(char *list, size_t size, const char *name);

/* Puts '?' in the place of every byte that is not UTF-8 (RFC 3629). */
void ls_text_make_utf8(char *text);

/* The same, and for control characters: what is left is one line that moves no cursor. */
void ls_text_make_printable(char *text);

#endif
