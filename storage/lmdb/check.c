#include "check.h"

#include <inttypes.h>

#define FREE_TREE_FLAGS 0x08 /* MDB_INTEGERKEY */
#define CORE_TREE_MASK 0xff  /* of flags that belong to a tree; the free tree's hold the environment's too */

#define PAGES_SURELY \
  ((uint64_t)1 << 20) /* what a file counts beyond that it has, but for a few: memory is bounded by it */

typedef struct checking {
  const tni_lfile *file;
  tni_lview view;
  uint64_t in_file; /* whole pages that the file has */
  uint8_t *seen;    /* a bit for each page: it belongs to something */
  uint8_t *pages;   /* one for each level */
  tn_buffer room;
  const tni_ltree *tree; /* that is being walked */
  tni_ltree found;       /* what was counted of it */
  tni_lkey last;         /* of the entries of a walk */
  uint64_t seq;          /* of the record that comes next */
  tni_lbad_record *bad;
  tn_error *error;
} checking;

static tn_status damaged(checking *c, uint64_t page, const char *fault) {
  return tni_ldamaged(c->file, page, fault, c->error);
}

/* Pages belong to one thing each. */
static tn_status claim(checking *c, uint64_t number, uint64_t count, uint64_t from) {
  if (number < 2 || number > c->view.last_page || count > c->view.last_page + 1 - number)
    return damaged(c, from, "a page that cannot be is referred to");
  for (uint64_t i = number; i < number + count; i++) {
    if (c->seen[i / 8] >> i % 8 & 1) return damaged(c, i, "this page is used twice");
    c->seen[i / 8] |= (uint8_t)(1u << i % 8);
  }
  return TN_OK;
}

/* ---- entries -------------------------------------------------------------------------------- */

static bool is_free_tree(const checking *c) { return c->tree == &c->view.free; }

/* Page numbers, largest first, behind their count. */
static tn_status check_free_list(checking *c, tn_slice value, uint64_t leaf) {
  const uint8_t *list = value.data;
  uint64_t count = value.size >= 8 ? tni_lget64(list) : UINT64_MAX;
  if (value.size % 8 != 0 || count > value.size / 8 - 1)
    return damaged(c, leaf, "a list of free pages makes no sense");
  for (uint64_t i = 1; i <= count; i++) {
    uint64_t number = tni_lget64(list + 8 * i);
    if (i > 1 && number >= tni_lget64(list + 8 * (i - 1))) return damaged(c, leaf, "free pages are out of order");
    tn_status status = claim(c, number, 1, leaf);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static void note_record(checking *c, uint64_t page) {
  if (c->bad->found) return;
  c->bad->found = true;
  c->bad->seq = c->seq;
  c->bad->where = tni_fname("%s:%" PRIu64, c->file->name.text, page * c->file->page_size);
}

static void check_record(checking *c, const tni_lnode *node, tn_slice value, uint64_t page) {
  uint64_t seq = 0;
  bool whole = tni_lkey_is(node->key, TNI_LRECORD, &seq) && seq == c->seq && value.size >= TNI_LSUM_SIZE + 16 &&
               tni_lsum_matches(c->file->dir->host, c->file->log_id, node->key, value);
  if (whole)
    c->seq++;
  else
    note_record(c, page);
}

static bool is_record(const tni_lnode *node) {
  return node->key.size > 0 && *(const uint8_t *)node->key.data == TNI_LRECORD;
}

/* The pages of a value that is not in its leaf. */
static tn_status claim_value(checking *c, const tni_lnode *node, uint64_t leaf) {
  uint8_t head[TNI_LPAGE_HEAD];
  size_t got = 0;
  if (node->data) return TN_OK;
  if (node->page >= c->in_file) return damaged(c, leaf, "a page that is not in the file is referred to");
  tn_status status =
      c->file->dir->io->read(c->file->file, node->page * c->file->page_size, head, sizeof head, &got, c->error);
  if (status != TN_OK) return status;
  bool good = got == sizeof head && tni_lpage_number(head) == node->page && tni_lpage_flags(head) == TNI_LPAGE_BIG &&
              tni_lpage_run(head) >= tni_lpages_for(node->size, c->file->page_size);
  if (!good) return damaged(c, node->page, "no value begins on this page");
  if (tni_lpage_run(head) > c->in_file - node->page) return damaged(c, node->page, "the file ends in this value");
  c->found.big_pages += tni_lpage_run(head);
  return claim(c, node->page, tni_lpage_run(head), leaf);
}

static tn_status check_entry(checking *c, const tni_lnode *node, uint64_t leaf) {
  tn_slice value = {NULL, 0};
  c->found.entries++;
  tn_status status = claim_value(c, node, leaf);
  if (status != TN_OK || !(is_free_tree(c) || is_record(node))) return status;
  status = tni_lvalue_read(c->file, node, &c->room, &value, c->error);
  if (status != TN_OK) return status;
  if (is_free_tree(c)) return check_free_list(c, value, leaf);
  check_record(c, node, value, node->data ? leaf : node->page);
  return TN_OK;
}

/* ---- trees ---------------------------------------------------------------------------------- */

/* The free tree's keys are txns, numbers of the machine. */
static bool comes_before(const checking *c, tn_slice a, tn_slice b) {
  if (is_free_tree(c)) return tni_lget64(a.data) < tni_lget64(b.data);
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order < 0 : a.size < b.size;
}

static bool is_key(const checking *c, tn_slice key) {
  if (!is_free_tree(c)) return key.size >= 1 && key.size <= TNI_LKEY_MAX;
  return key.size == 8 && tni_lget64(key.data) <= c->view.txn;
}

/* What a page may hold: keys from low on, below high. Size 0 = no bound. */
typedef struct range {
  tn_slice low, high;
} range;

static bool in_range(const checking *c, tn_slice key, const range *r) {
  return (r->low.size == 0 || !comes_before(c, key, r->low)) && (r->high.size == 0 || comes_before(c, key, r->high));
}

/* Keys grow and stay in the page's range. The first of a branch does not count. */
static tn_status check_keys(checking *c, const uint8_t *page, uint64_t number, const range *r) {
  unsigned first = tni_lpage_flags(page) == TNI_LPAGE_BRANCH ? 1 : 0;
  for (unsigned i = first; i < tni_lpage_count(page); i++) {
    tn_slice key = tni_lpage_node(page, i).key;
    bool good = is_key(c, key) && in_range(c, key, r) &&
                (i == first || comes_before(c, tni_lpage_node(page, i - 1).key, key));
    if (!good) return damaged(c, number, "its keys are out of order");
  }
  return TN_OK;
}

static tn_status check_leaf(checking *c, const uint8_t *page, uint64_t number) {
  tn_status status = TN_OK;
  c->found.leaf_pages++;
  if (tni_lpage_count(page) == 0 && !is_free_tree(c)) return damaged(c, number, "it has no entries");
  for (unsigned i = 0; status == TN_OK && i < tni_lpage_count(page); i++) {
    tni_lnode node = tni_lpage_node(page, i);
    status = check_entry(c, &node, number);
  }
  return status;
}

static tn_status check_page(checking *c, uint64_t number, unsigned level, range r, uint64_t parent);

/* LMDB leaves a branch of its free tree with a single child at times. */
static tn_status check_branch(checking *c, const uint8_t *page, uint64_t number, unsigned level, const range *r) {
  unsigned count = tni_lpage_count(page);
  tn_status status = TN_OK;
  c->found.branch_pages++;
  if (count < (is_free_tree(c) ? 1 : 2)) return damaged(c, number, "it has too few children");
  for (unsigned i = 0; status == TN_OK && i < count; i++) {
    range child = {i > 0 ? tni_lpage_node(page, i).key : r->low,
                   i + 1 < count ? tni_lpage_node(page, i + 1).key : r->high};
    status = check_page(c, tni_lpage_node(page, i).page, level + 1, child, number);
  }
  return status;
}

static tn_status check_page(checking *c, uint64_t number, unsigned level, range r, uint64_t parent) {
  uint8_t *page = c->pages + (size_t)level * c->file->page_size;
  bool leaf = level + 1 == c->tree->depth;
  tn_status status = claim(c, number, 1, parent);
  if (status == TN_OK) status = tni_lpage_read(c->file, number, page, c->error);
  if (status != TN_OK) return status;
  if (tni_lpage_flags(page) != (leaf ? TNI_LPAGE_LEAF : TNI_LPAGE_BRANCH))
    return damaged(c, number, "the tree has another depth here");
  status = check_keys(c, page, number, &r);
  if (status != TN_OK) return status;
  return leaf ? check_leaf(c, page, number) : check_branch(c, page, number, level, &r);
}

static tn_status check_tree(checking *c, const tni_ltree *tree, unsigned flags) {
  const tni_ltree *found = &c->found;
  tn_status status = TN_OK;
  c->tree = tree;
  c->found = (tni_ltree){.flags = 0};
  if ((tree->flags & CORE_TREE_MASK) != flags) return damaged(c, c->view.txn % 2, "a tree of an unknown kind");
  if (tree->root != TNI_LPAGE_NONE)
    status = check_page(c, tree->root, 0, (range){{NULL, 0}, {NULL, 0}}, c->view.txn % 2);
  if (status != TN_OK) return status;
  bool same = found->branch_pages == tree->branch_pages && found->leaf_pages == tree->leaf_pages &&
              found->big_pages == tree->big_pages && found->entries == tree->entries;
  return same ? TN_OK : damaged(c, c->view.txn % 2, "it counts other pages and entries than there are");
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Only free pages may be missing at the end of the file: LMDB does not write what it freed at once. */
static tn_status check_end(checking *c) {
  for (uint64_t i = c->in_file; i <= c->view.last_page; i++)
    if (!(c->seen[i / 8] >> i % 8 & 1)) return damaged(c, c->view.txn % 2, "it counts pages that there are not");
  return TN_OK;
}

static tn_status check_file(checking *c) {
  tn_status status = check_tree(c, &c->view.free, FREE_TREE_FLAGS);
  if (status == TN_OK) status = check_tree(c, &c->view.main, 0);
  return status == TN_OK ? check_end(c) : status;
}

tn_status tni_lcheck(const tni_lfile *f, uint64_t first_seq, tni_lbad_record *bad, tn_error *error) {
  const tn_memory *m = f->dir->memory;
  checking c = {.file = f, .room = {.memory = m}, .seq = first_seq, .bad = bad, .error = error};
  uint64_t size = 0;
  bad->found = false;
  tn_status status = tni_lview_newest(f, &c.view, error);
  if (status == TN_OK) status = f->dir->io->size(f->file, &size, error);
  if (status != TN_OK) return status;
  c.in_file = size / f->page_size;
  if (c.view.last_page > PAGES_SURELY && c.view.last_page / 16 > c.in_file)
    return damaged(&c, c.view.txn % 2, "it counts pages that there are not");
  size_t seen_size = (size_t)c.view.last_page / 8 + 1, pages_size = (size_t)TNI_LDEPTH_MAX * f->page_size;
  c.seen = m->resize(m->context, NULL, 0, seen_size);
  c.pages = m->resize(m->context, NULL, 0, pages_size);
  if (c.seen && c.pages) {
    memset(c.seen, 0, seen_size);
    status = check_file(&c);
  } else {
    status = tni_ffail(f->dir, error, TN_NOMEM, NULL, "no memory to check the file");
  }
  if (c.seen) (void)m->resize(m->context, c.seen, seen_size, 0);
  if (c.pages) (void)m->resize(m->context, c.pages, pages_size, 0);
  tn_buffer_free(&c.room);
  return status;
}
