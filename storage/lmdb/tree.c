#include "tree.h"

#include <inttypes.h>

#define META_SIZE 152 /* a meta page's head and what follows it */
#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1
#define TRIES_MAX 1000 /* of a reader that keeps losing races against a writer */

/* ---- files ---------------------------------------------------------------------------------- */

tn_status tni_ldamaged(const tni_lfile *f, uint64_t page, const char *fault, tn_error *error) {
  return tni_ffail(f->dir, error, TN_CORRUPT, tni_fname("%s:%" PRIu64, f->name.text, page * f->page_size).text,
                   "%s; restore it from a backup", fault);
}

static bool is_page_size(uint32_t size) {
  return size >= TNI_LPAGE_SIZE_MIN && size <= TNI_LPAGE_SIZE_MAX && (size & (size - 1)) == 0;
}

/* The first META_SIZE bytes of meta page 0 or 1. */
static tn_status read_meta(const tni_lfile *f, unsigned slot, uint8_t *meta, tn_error *error) {
  size_t got;
  tn_status status = f->dir->io->read(f->file, slot * (uint64_t)f->page_size, meta, META_SIZE, &got, error);
  if (status != TN_OK) return status;
  return got == META_SIZE ? TN_OK : tni_ldamaged(f, slot, "the file ends in its meta pages", error);
}

static const char *meta_fault(const uint8_t *meta, unsigned slot) {
  if (tni_lpage_number(meta) != slot || tni_lpage_flags(meta) != TNI_LPAGE_META) return "this is no meta page";
  if (tni_lget32(meta + 16) != META_MAGIC) return "this is no file of LMDB";
  if (tni_lget32(meta + 20) != META_VERSION) return "this is a file of another version of LMDB";
  return is_page_size(tni_lget32(meta + 40)) ? NULL : "its pages have an impossible size";
}

tn_status tni_lfile_open(tni_lfile *f, const tni_fdir *dir, const char *name, tn_open_mode mode, tn_error *error) {
  uint8_t meta[META_SIZE];
  *f = (tni_lfile){.dir = dir, .name = tni_fname("%s", name)};
  tn_status status = tni_fdir_open(dir, name, mode, &f->file, error);
  if (status != TN_OK) return status;
  status = read_meta(f, 0, meta, error);
  const char *fault = status == TN_OK ? meta_fault(meta, 0) : NULL;
  if (fault) status = tni_ldamaged(f, 0, fault, error);
  if (status == TN_OK)
    f->page_size = tni_lget32(meta + 40);
  else
    tni_lfile_close(f);
  return status;
}

void tni_lfile_close(tni_lfile *f) {
  if (f->file) f->dir->io->close(f->file);
  f->file = NULL;
}

/* ---- views ---------------------------------------------------------------------------------- */

static tni_ltree decode_tree(const uint8_t *from) {
  return (tni_ltree){.flags = tni_lget16(from + 4),
                     .depth = tni_lget16(from + 6),
                     .branch_pages = tni_lget64(from + 8),
                     .leaf_pages = tni_lget64(from + 16),
                     .big_pages = tni_lget64(from + 24),
                     .entries = tni_lget64(from + 32),
                     .root = tni_lget64(from + 40)};
}

static tni_lview decode_view(const uint8_t *meta) {
  return (tni_lview){.free = decode_tree(meta + 40),
                     .main = decode_tree(meta + 88),
                     .last_page = tni_lget64(meta + 136),
                     .txn = tni_lget64(meta + 144)};
}

static bool tree_fits(const tni_ltree *tree, uint64_t last_page) {
  if (tree->root == TNI_LPAGE_NONE) return tree->depth == 0 && tree->entries == 0;
  return tree->root >= 2 && tree->root <= last_page && tree->depth >= 1 && tree->depth <= TNI_LDEPTH_MAX;
}

/* Commit N writes meta page N % 2, so the two are one apart, but in a file without any. */
static const char *metas_fault(const tni_lfile *f, uint8_t metas[2][META_SIZE], tni_lview *out) {
  for (unsigned slot = 0; slot < 2; slot++) {
    const char *fault = meta_fault(metas[slot], slot);
    if (fault) return fault;
    if (tni_lget32(metas[slot] + 40) != f->page_size) return "its meta pages differ on the size of pages";
  }
  tni_lview first = decode_view(metas[0]), second = decode_view(metas[1]);
  bool none = first.txn == 0 && second.txn == 0;
  if (!none && (first.txn % 2 != 0 || (first.txn + 1 != second.txn && second.txn + 1 != first.txn)))
    return "its meta pages do not follow each other";
  tni_lview newest = second.txn > first.txn ? second : first;
  if (newest.last_page < 1 || newest.last_page > UINT64_MAX / 2 / f->page_size)
    return "its number of pages makes no sense";
  if (!tree_fits(&newest.free, newest.last_page) || !tree_fits(&newest.main, newest.last_page))
    return "its newest meta page makes no sense";
  *out = newest;
  return NULL;
}

/* Read while one is being written they may not fit; that they still do not while nothing changes is damage. */
tn_status tni_lview_newest(const tni_lfile *f, tni_lview *out, tn_error *error) {
  uint8_t metas[2][META_SIZE], before[2][META_SIZE];
  for (int i = 0;; i++) {
    tn_status status = read_meta(f, 0, metas[0], error);
    if (status == TN_OK) status = read_meta(f, 1, metas[1], error);
    if (status != TN_OK) return status;
    const char *fault = metas_fault(f, metas, out);
    if (!fault) return TN_OK;
    if (i >= TRIES_MAX || (i > 2 && memcmp(metas, before, sizeof metas) == 0))
      return tni_ldamaged(f, 0, fault, error);
    memcpy(before, metas, sizeof metas);
  }
}

bool tni_lview_holds(const tni_lfile *f, const tni_lview *view) {
  tni_lview now;
  return tni_lview_newest(f, &now, NULL) == TN_OK && now.txn - view->txn <= 1;
}

/* ---- pages and values ----------------------------------------------------------------------- */

tn_status tni_lpage_read(const tni_lfile *f, uint64_t number, uint8_t *page, tn_error *error) {
  size_t got;
  if (number < 2 || number > UINT64_MAX / 2 / f->page_size)
    return tni_ldamaged(f, 0, "a page that cannot be is referred to", error);
  tn_status status = f->dir->io->read(f->file, number * f->page_size, page, f->page_size, &got, error);
  if (status != TN_OK) return status;
  if (got < f->page_size) return tni_ldamaged(f, number, "the file ends before this page", error);
  const char *fault = tni_lpage_fault(page, f->page_size, number);
  return fault ? tni_ldamaged(f, number, fault, error) : TN_OK;
}

/* What is asked for has to be in the file before memory is taken for it. */
static tn_status read_big(const tni_lfile *f, uint64_t number, uint64_t size, tn_buffer *room, tn_error *error) {
  uint64_t length = 0, pages = tni_lpages_for(size, f->page_size);
  size_t got, whole = TNI_LPAGE_HEAD + (size_t)size;
  tn_status status = f->dir->io->size(f->file, &length, error);
  if (status != TN_OK) return status;
  uint64_t in_file = length / f->page_size;
  if (number < 2 || number > in_file || pages > in_file - number)
    return tni_ldamaged(f, number, "the file ends before this value", error);
  room->size = 0;
  if (!tn_buffer_reserve(room, whole))
    return tni_ffail(f->dir, error, TN_NOMEM, NULL, "no memory for a value of %" PRIu64 " bytes", size);
  status = f->dir->io->read(f->file, number * f->page_size, room->data, whole, &got, error);
  if (status != TN_OK) return status;
  bool good = got == whole && tni_lpage_number(room->data) == number &&
              tni_lpage_flags(room->data) == TNI_LPAGE_BIG && tni_lpage_run(room->data) >= pages;
  return good ? TN_OK : tni_ldamaged(f, number, "no value begins on this page", error);
}

tn_status tni_lvalue_read(const tni_lfile *f, const tni_lnode *node, tn_buffer *room, tn_slice *out,
                          tn_error *error) {
  if (node->data) {
    *out = (tn_slice){node->data, (size_t)node->size};
    return TN_OK;
  }
  tn_status status = read_big(f, node->page, node->size, room, error);
  if (status == TN_OK) *out = (tn_slice){room->data + TNI_LPAGE_HEAD, (size_t)node->size};
  return status;
}

/* ---- places --------------------------------------------------------------------------------- */

tn_status tni_lplace_init(tni_lplace *p, const tni_lfile *f, tn_error *error) {
  const tn_memory *m = f->dir->memory;
  *p = (tni_lplace){.file = f, .room = {.memory = m}};
  p->page = m->resize(m->context, NULL, 0, f->page_size);
  return p->page ? TN_OK : tni_ffail(f->dir, error, TN_NOMEM, NULL, "no memory for a page");
}

void tni_lplace_fini(tni_lplace *p) {
  if (!p->page) return;
  const tn_memory *m = p->file->dir->memory;
  (void)m->resize(m->context, p->page, p->file->page_size, 0);
  tn_buffer_free(&p->room);
  p->page = NULL;
}

static int compare(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* The first node from `from` on whose key is not below the given one; the count when there is none. */
static unsigned lower_bound(const uint8_t *page, unsigned from, tn_slice key) {
  unsigned to = tni_lpage_count(page);
  while (from < to) {
    unsigned middle = from + (to - from) / 2;
    if (compare(tni_lpage_node(page, middle).key, key) < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

/* Where a search goes on when its leaf does not have what it seeks: the keys at the borders of that leaf. */
typedef struct borders {
  tni_lkey low, high; /* size 0 = there is nothing beyond */
} borders;

static void set_border(tni_lkey *border, tn_slice key) {
  border->size = key.size < TNI_LKEY_MAX ? key.size : TNI_LKEY_MAX;
  if (border->size > 0) memcpy(border->bytes, key.data, border->size);
}

/* The child of a branch that has the key, or what is before it. */
static uint64_t choose_child(const uint8_t *page, tni_lseek how, tn_slice key, borders *b) {
  unsigned count = tni_lpage_count(page), i = lower_bound(page, 1, key);
  if (i == count || how == TNI_LBEFORE || compare(tni_lpage_node(page, i).key, key) != 0) i--;
  if (i > 0) set_border(&b->low, tni_lpage_node(page, i).key);
  if (i + 1 < count) set_border(&b->high, tni_lpage_node(page, i + 1).key);
  return tni_lpage_node(page, i).page;
}

/* Reads the leaf in which the key is or would be. */
static tn_status descend(tni_lplace *p, const tni_lview *view, tni_lseek how, tn_slice key, borders *b,
                         tn_error *error) {
  *b = (borders){.low = {.size = 0}, .high = {.size = 0}};
  uint64_t number = view->main.root;
  for (unsigned level = 0; level < TNI_LDEPTH_MAX; level++) {
    tn_status status = tni_lpage_read(p->file, number, p->page, error);
    if (status != TN_OK) return status;
    p->number = number;
    if (tni_lpage_flags(p->page) == TNI_LPAGE_LEAF) return TN_OK;
    if (tni_lpage_count(p->page) == 0) return tni_ldamaged(p->file, number, "it has no entries", error);
    number = choose_child(p->page, how, key, b);
  }
  return tni_ldamaged(p->file, number, "the tree has no end", error);
}

/* Sets page and index to what is sought in one tree. */
static tn_status seek_in(tni_lplace *p, const tni_lview *view, tni_lseek how, const tni_lkey *wanted,
                         tn_error *error) {
  tni_lkey key = *wanted;
  if (view->main.root == TNI_LPAGE_NONE) return TN_NOT_FOUND;
  for (int i = 0; i < TRIES_MAX; i++) {
    borders b;
    tn_status status = descend(p, view, how, tni_lkey_slice(&key), &b, error);
    if (status != TN_OK) return status;
    unsigned count = tni_lpage_count(p->page), found = lower_bound(p->page, 0, tni_lkey_slice(&key));
    bool beyond = how == TNI_LBEFORE ? found == 0 : found == count;
    p->index = how == TNI_LBEFORE ? found - 1 : found;
    if (how == TNI_LAT && !beyond && compare(tni_lpage_node(p->page, found).key, tni_lkey_slice(&key)) != 0)
      return TN_NOT_FOUND;
    if (!beyond) return TN_OK;
    const tni_lkey *next = how == TNI_LBEFORE ? &b.low : &b.high;
    if (how == TNI_LAT || next->size == 0) return TN_NOT_FOUND;
    key = *next;
  }
  return tni_ldamaged(p->file, p->number, "the tree has no end", error);
}

/* Takes the entry at the index, if its checksum is right. */
static tn_status take(tni_lplace *p, tn_error *error) {
  tni_lnode node = tni_lpage_node(p->page, p->index);
  tn_slice value;
  tn_status status = tni_lvalue_read(p->file, &node, &p->room, &value, error);
  if (status != TN_OK) return status;
  if (!tni_lsum_matches(p->file->dir->host, p->file->log_id, node.key, value))
    return tni_ldamaged(p->file, node.data ? p->number : node.page, "an entry's checksum does not match", error);
  p->key = node.key;
  p->value = (tn_slice){(const uint8_t *)value.data + TNI_LSUM_SIZE, value.size - TNI_LSUM_SIZE};
  return TN_OK;
}

typedef struct seeking {
  tni_lseek how;
  const tni_lkey *key;
  bool with_value;
} seeking;

/* One try; *again when a writer may have got in between. What a checksum proves needs no other proof. */
static tn_status seek_once(tni_lplace *p, const seeking *s, bool *again, tn_error *error) {
  tni_lview view;
  *again = false;
  tn_status status = tni_lview_newest(p->file, &view, error);
  if (status != TN_OK) return status;
  status = seek_in(p, &view, s->how, s->key, error);
  if (status != TN_OK && status != TN_NOT_FOUND && status != TN_CORRUPT) return status;
  bool proved = status == TN_OK && s->how == TNI_LAT && s->with_value;
  *again = !proved && !tni_lview_holds(p->file, &view);
  if (status != TN_OK || *again) return status;
  if (s->with_value) status = take(p, error);
  if (status == TN_OK && !s->with_value) p->key = tni_lpage_node(p->page, p->index).key;
  *again = status == TN_CORRUPT && !tni_lview_holds(p->file, &view);
  return status;
}

static tn_status seek(tni_lplace *p, const seeking *s, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = TN_OK;
  bool again = true;
  p->key = p->value = (tn_slice){NULL, 0};
  for (int i = 0; again && i < TRIES_MAX; i++) status = seek_once(p, s, &again, &found);
  if (again)
    return tni_ffail(p->file->dir, error, TN_BUSY, p->file->name.text, "the owner writes too fast to be read");
  if (status != TN_OK && status != TN_NOT_FOUND && error) *error = found;
  return status;
}

tn_status tni_lplace_seek(tni_lplace *p, tni_lseek how, const tni_lkey *key, tn_error *error) {
  return seek(p, &(seeking){how, key, true}, error);
}

tn_status tni_lplace_seek_key(tni_lplace *p, tni_lseek how, const tni_lkey *key, tn_error *error) {
  return seek(p, &(seeking){how, key, false}, error);
}

tn_status tni_lplace_next(tni_lplace *p, const tni_lkey *key, tn_error *error) {
  bool next = p->key.size > 0 && p->index + 1 < tni_lpage_count(p->page) &&
              compare(tni_lpage_node(p->page, p->index + 1).key, tni_lkey_slice(key)) == 0;
  if (next) p->index++;
  return next && take(p, NULL) == TN_OK ? TN_OK : tni_lplace_seek(p, TNI_LAT, key, error);
}
