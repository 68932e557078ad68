#include "datasets/display/gallery.h"

#include "base/output_file.h"

#include <stdlib.h>
#include <string.h>

struct ls_gallery {
  ls_output_file file;
  ls_png png;
};

/* A click opens an event as large as the window, arrow keys go on; without scripts the pictures are
 * still there. */
static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    "body{font:14px sans-serif;margin:1em 1.5em;color:#222;background:#fff}\n"
    "h1{font-size:1.2em}p{max-width:70em;color:#555}\n"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(27em,1fr));gap:1em}\n"
    "figure{margin:0;border:1px solid #ddd;padding:.5em;cursor:pointer;background:#fff}\n"
    "figure:hover,figure:focus{border-color:#777;outline:none}\n"
    "figure img{width:100%;display:block}\n"
    "figcaption{font-size:.85em;margin-top:.3em;overflow-wrap:anywhere}\n"
    "figcaption b{font-size:1.1em}figcaption span{display:none}\n"
    "figure.open{position:fixed;inset:0;z-index:1;padding:2vh 2vw;border:0;overflow:auto}\n"
    "figure.open img{max-height:78vh;object-fit:contain;margin:auto;"
    "image-rendering:pixelated}\n"
    "figure.open figcaption{font-size:1em;text-align:center}figure.open span{display:block}\n"
    "button{font:inherit;margin:0 .4em .8em 0;padding:.2em .7em;border:1px solid #999;"
    "background:#fff;cursor:pointer}button[aria-pressed=true]{background:#333;color:#fff}\n"
    "</style></head><body>\n<h1>";
static const char between[] =
    "</h1>\n<p>Wire (to the right) against time (upwards), planes side by side; the darker, the "
    "more charge. A click enlarges an event, another closes it; the arrow keys go to the next."
    "</p>\n<nav></nav>\n<main>\n";
static const char tail[] =
    "</main>\n<script>\n"
    "const figures=[...document.querySelectorAll('figure')],nav=document.querySelector('nav');\n"
    "let at=-1;\n"
    "const shown=()=>figures.filter(f=>!f.hidden);\n"
    "function open(i){if(at>=0)figures[at].classList.remove('open');at=i;\n"
    " if(i>=0){figures[i].classList.add('open');figures[i].focus();}}\n"
    "figures.forEach((f,i)=>f.addEventListener('click',()=>open(at===i?-1:i)));\n"
    "document.addEventListener('keydown',e=>{\n"
    " if(e.key==='Enter'&&at<0&&figures.includes(document.activeElement))"
    "open(figures.indexOf(document.activeElement));\n"
    " else if(e.key==='Escape')open(-1);\n"
    " else if(at>=0&&(e.key==='ArrowRight'||e.key==='ArrowLeft')){const s=shown();\n"
    "  const n=s.indexOf(figures[at])+(e.key==='ArrowRight'?1:-1);\n"
    "  if(s[n])open(figures.indexOf(s[n]));e.preventDefault();}});\n"
    "const groups=[...new Set(figures.map(f=>f.dataset.group))];\n"
    "if(groups.length>1)['',...groups].forEach(g=>{const b=document.createElement('button');\n"
    " b.textContent=g===''?'all':g;b.setAttribute('aria-pressed',g==='');\n"
    " b.onclick=()=>{figures.forEach(f=>f.hidden=g!==''&&f.dataset.group!==g);\n"
    "  nav.querySelectorAll('button').forEach(x=>x.setAttribute('aria-pressed',x===b));};\n"
    " nav.append(b);});\n"
    "</script>\n</body></html>\n";

static void put(ls_gallery *gallery, const char *text) {
  ls_output_write(&gallery->file, text, strlen(text));
}

/* Text as HTML has it, also within quotes. */
static void put_text(ls_gallery *gallery, const char *text) {
  for (; *text; text++) switch (*text) {
    case '<':
      put(gallery, "&lt;");
      break;
    case '>':
      put(gallery, "&gt;");
      break;
    case '&':
      put(gallery, "&amp;");
      break;
    case '"':
      put(gallery, "&quot;");
      break;
    default:
      ls_output_write(&gallery->file, text, 1);
    }
}

/* RFC 4648, section 4. */
static void put_base64(ls_gallery *gallery, const unsigned char *bytes, size_t count) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < count; i += 3) {
    const unsigned last = count - i < 3 ? (unsigned)(count - i) : 3;
    const unsigned bits = (unsigned)bytes[i] << 16 | (last > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                          (last > 2 ? bytes[i + 2] : 0);
    const char four[4] = {letters[bits >> 18], letters[bits >> 12 & 63],
                          last > 1 ? letters[bits >> 6 & 63] : '=',
                          last > 2 ? letters[bits & 63] : '='};
    ls_output_write(&gallery->file, four, sizeof four);
  }
}

ls_status ls_gallery_open(const char *path, const char *heading, ls_gallery **gallery,
                          ls_error *error) {
  *gallery = NULL;
  ls_gallery *made = calloc(1, sizeof *made);
  if (!made) return ls_fail(error, LS_MEMORY, "%s: no memory for the page", path);
  ls_status status = ls_output_open(&made->file, path, error);
  if (status != LS_OK) {
    free(made);
    return status;
  }
  put(made, head);
  put_text(made, heading);
  put(made, style);
  put_text(made, heading);
  put(made, between);
  *gallery = made;
  return LS_OK;
}

static void put_line(ls_gallery *gallery, const char *text) {
  if (!*text) return;
  put(gallery, "<span>");
  put_text(gallery, text);
  put(gallery, "</span>\n");
}

ls_status ls_gallery_add(ls_gallery *gallery, const ls_event_view *view, const ls_caption *caption,
                         const char *group, ls_error *error) {
  char where[160];
  LS_TRY(ls_thumbnail_make(view, &gallery->png, error));
  put(gallery, "<figure tabindex=\"0\" data-group=\"");
  put_text(gallery, group ? group : "no class");
  put(gallery, "\"><img alt=\"");
  put_text(gallery, caption->title);
  put(gallery, "\" src=\"data:image/png;base64,");
  put_base64(gallery, gallery->png.bytes, gallery->png.count);
  put(gallery, "\"><figcaption><b>");
  put_text(gallery, caption->title);
  put(gallery, "</b>\n");
  for (int p = 0; p < view->planes; p++) {
    snprintf(where, sizeof where, "%s; wires %d to %d", caption->heading[p],
             view->panel[p].first_wire, view->panel[p].first_wire + view->wires - 1);
    put_line(gallery, where);
  }
  snprintf(where, sizeof where, "ticks %d to %d; darkest colour from %.4g on", view->first_tick,
           view->first_tick + view->ticks - 1, view->scale);
  put_line(gallery, where);
  put_line(gallery, caption->facts);
  if (caption->truth[0]) put_line(gallery, caption->truth + strlen("; "));
  put_line(gallery, caption->footnote);
  put(gallery, "</figcaption></figure>\n");
  return LS_OK;
}

ls_status ls_gallery_finish(ls_gallery *gallery, ls_error *error) {
  put(gallery, tail);
  ls_status status = ls_output_commit(&gallery->file, error);
  ls_gallery_discard(gallery);
  return status;
}

void ls_gallery_discard(ls_gallery *gallery) {
  if (!gallery) return;
  ls_output_discard(&gallery->file);
  free(gallery->png.bytes);
  free(gallery);
}
