/* tree.h - reading an LMDB file without liblmdb: pages through tn_io, every number in them checked before it is used,
 * every value by its checksum. So a damaged or shortened file is a status and never a signal, and who reads holds
 * nothing between calls: no slot, no lock, no map.
 *
 * Beside a writer, in this process or another, this rests on one rule of LMDB's: the commit of txn N takes no page
 * that the trees of N - 1 and N - 2 have. So a tree is whole as long as at most one commit came after it; what was
 * read later than that is right if its checksum is, and is otherwise read again from a newer tree. */
#ifndef TENON_LMDB_TREE_H
#define TENON_LMDB_TREE_H

#include "entry.h"
#include "page.h"

#define TNI_LDEPTH_MAX 32
#define TNI_LPAGE_NONE UINT64_MAX /* the root of an empty tree */

typedef struct tni_lfile {
  const tni_fdir *dir;
  tn_file *file;
  tni_name name;
  uint32_t page_size;
  uint64_t log_id; /* seeds the checksums; 0 until the state was read */
} tni_lfile;

/* What a meta page says of one of the file's two trees. */
typedef struct tni_ltree {
  unsigned flags;
  unsigned depth; /* levels of pages; 0 = empty */
  uint64_t branch_pages;
  uint64_t leaf_pages;
  uint64_t big_pages; /* that hold values too large for a leaf */
  uint64_t entries;
  uint64_t root;
} tni_ltree;

/* One committed state of the file. */
typedef struct tni_lview {
  uint64_t txn;
  uint64_t last_page; /* the file may be shorter: free pages at its end need not be there */
  tni_ltree free;     /* txn -> pages that it freed */
  tni_ltree main;     /* our entries */
} tni_lview;

/* NOT_FOUND; CORRUPT when it does not begin with a meta page of LMDB. */
tn_status tni_lfile_open(tni_lfile *f, const tni_fdir *dir, const char *name, tn_open_mode mode, tn_error *error);
void tni_lfile_close(tni_lfile *f); /* fine when it is not open */
/* Fills error: CORRUPT, where = "NAME:offset of the page", `fault` and what to do. */
tn_status tni_ldamaged(const tni_lfile *f, uint64_t page, const char *fault, tn_error *error);
/* A page of a tree, checked. `page` has page_size bytes. */
tn_status tni_lpage_read(const tni_lfile *f, uint64_t number, uint8_t *page, tn_error *error);
/* A value of a leaf: whole, in the page or in `room`. */
tn_status tni_lvalue_read(const tni_lfile *f, const tni_lnode *node, tn_buffer *room, tn_slice *out, tn_error *error);

/* The newest. CORRUPT when its meta pages do not fit each other. */
tn_status tni_lview_newest(const tni_lfile *f, tni_lview *out, tn_error *error);
/* Whether all pages of the view are as they were. */
bool tni_lview_holds(const tni_lfile *f, const tni_lview *view);

typedef enum tni_lseek { TNI_LAT, TNI_LFROM, TNI_LBEFORE } tni_lseek; /* ==, first >=, last < the key */

/* An entry that was found, and the copy of the leaf that it stands in. `key` and `value` (without its checksum) live
 * until the next call. */
typedef struct tni_lplace {
  const tni_lfile *file;
  tn_slice key;
  tn_slice value;
  uint64_t number; /* of the leaf */
  unsigned index;
  uint8_t *page;
  tn_buffer room; /* for big values */
} tni_lplace;

tn_status tni_lplace_init(tni_lplace *p, const tni_lfile *f, tn_error *error);
void tni_lplace_fini(tni_lplace *p); /* fine when init failed or never was */
/* In the newest tree. NOT_FOUND; CORRUPT. */
tn_status tni_lplace_seek(tni_lplace *p, tni_lseek how, const tni_lkey *key, tn_error *error);
/* The same for the key alone: the value is neither read nor checked. */
tn_status tni_lplace_seek_key(tni_lplace *p, tni_lseek how, const tni_lkey *key, tn_error *error);
/* As seek with AT, and cheap where `key` comes right after the place. */
tn_status tni_lplace_next(tni_lplace *p, const tni_lkey *key, tn_error *error);

#endif
