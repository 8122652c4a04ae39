#include "env.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "disk/bytes.h"

#define MAP_SIZE_MIN ((uint64_t)1 << 20)
#define SPARE_PAGES 64                  /* for a txn, beside what its entries take */
#define AHEAD_MIN ((uint64_t)256 << 10) /* bytes that the file grows by: an eighth of it, between these */
#define AHEAD_MAX ((uint64_t)64 << 20)
#define FREE_TREE 0       /* the dbi of LMDB's free pages */
#define FULL_TRIES_MAX 40 /* doublings of the map */

static tn_status fail(const tni_lfile *f, int code, const char *tried, tn_error *error) {
  tn_status status = TN_IO;
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) status = TN_FULL;
  if (code == ENOMEM || code == MDB_MAP_FULL) status = TN_NOMEM;
  if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID) status = TN_CORRUPT;
  return tni_ffail(f->dir, error, status, f->name.text, "cannot %s: %s", tried, mdb_strerror(code));
}

/* ---- open and close ------------------------------------------------------------------------- */

static void close_at_exec(MDB_env *env) {
  int fd;
  if (mdb_env_get_fd(env, &fd) == 0) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* The file is there, empty or sound. */
static tn_status start(tni_lenv *e, tn_error *error) {
  const tni_lfile *f = &e->file;
  tni_path path = tni_fdir_path(f->dir, f->name.text);
  if (access(path.text, F_OK) != 0)
    return tni_ffail(f->dir, error, TN_INVALID, f->name.text,
                     "storage \"lmdb\" works on the system's files only, and this one is not there");
  int code = mdb_env_create(&e->env);
  if (code != 0) return fail(f, code, "open the file", error);
  code = mdb_env_set_mapsize(e->env, e->map_size);
  if (code == 0) code = mdb_env_open(e->env, path.text, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOMETASYNC, 0666);
  if (code == 0) {
    close_at_exec(e->env);
    return TN_OK;
  }
  mdb_env_close(e->env);
  e->env = NULL;
  return fail(f, code, "open the file", error);
}

static uint64_t doubled_to(uint64_t size, uint64_t need) {
  while (size < need && size < UINT64_MAX / 4) size *= 2;
  return size;
}

static tn_status init(tni_lenv *e, const tni_lfile *file, uint64_t map_size, tn_error *error) {
  *e = (tni_lenv){.file = *file, .map_size = map_size};
  if (pthread_mutex_init(&e->mutex, NULL) != 0)
    return tni_ffail(file->dir, error, TN_NOMEM, NULL, "no memory for a lock");
  tn_status status = start(e, error);
  if (status != TN_OK) pthread_mutex_destroy(&e->mutex);
  return status;
}

tn_status tni_lenv_open(tni_lenv *e, const tni_lfile *file, tn_error *error) {
  tni_lview view;
  tn_status status = tni_lview_newest(file, &view, error);
  if (status != TN_OK) return status;
  uint64_t need = (view.last_page + 1 + SPARE_PAGES) * file->page_size;
  return init(e, file, doubled_to(MAP_SIZE_MIN, need), error);
}

void tni_lenv_close(tni_lenv *e) {
  if (!e->env) return;
  mdb_env_close(e->env);
  e->env = NULL;
  tni_lfile_close(&e->file);
  pthread_mutex_destroy(&e->mutex);
}

/* ---- room ----------------------------------------------------------------------------------- */

uint64_t tni_lenv_room(const tni_lenv *e, uint64_t size) {
  uint64_t whole = size + 64; /* its key, LMDB's node */
  return whole < e->file.page_size / 2 ? whole : (whole / e->file.page_size + 2) * e->file.page_size;
}

typedef struct free_room {
  uint64_t pages;
  uint64_t longest; /* run of them */
} free_room;

/* A list: page numbers, largest first, behind their count. */
static void add_list(free_room *room, const MDB_val *list) {
  const uint8_t *numbers = list->mv_data;
  uint64_t count = tni_lget64(numbers), run = 1;
  for (uint64_t i = 1; i <= count; i++) {
    bool joined = i > 1 && tni_lget64(numbers + 8 * (i - 1)) == tni_lget64(numbers + 8 * i) + 1;
    run = joined ? run + 1 : 1;
    if (run > room->longest) room->longest = run;
  }
  room->pages += count;
}

/* What the next txn can take without making the file larger: what txns before the newest freed. */
static free_room count_free(tni_lenv *e) {
  free_room room = {0, 0};
  MDB_txn *txn;
  MDB_cursor *cursor;
  MDB_val key, list;
  if (mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != 0) return room;
  if (mdb_cursor_open(txn, FREE_TREE, &cursor) == 0) {
    while (mdb_cursor_get(cursor, &key, &list, MDB_NEXT) == 0 && tni_lget64(key.mv_data) < mdb_txn_id(txn))
      add_list(&room, &list);
    mdb_cursor_close(cursor);
  }
  mdb_txn_abort(txn);
  return room;
}

/* Whether `pages` fit into free ones: where values may take several in a row, in a row. */
static bool fits_in_free(tni_lenv *e, uint64_t pages) {
  free_room room = count_free(e);
  return room.longest >= pages || (pages <= 2 * SPARE_PAGES && room.pages >= 2 * pages);
}

static uint64_t ahead(const tni_lenv *e) {
  uint64_t step = e->file_size / 8 / e->file.page_size * e->file.page_size;
  return step < AHEAD_MIN ? AHEAD_MIN : step > AHEAD_MAX ? AHEAD_MAX : step;
}

/* The file gets what the txn may need before it begins: a full disk shows here, where nothing was touched yet. */
static tn_status reserve(tni_lenv *e, const tni_lview *view, uint64_t pages, tn_error *error) {
  const tn_io *io = e->file.dir->io;
  uint64_t size = 0, need = (view->last_page + 1 + pages) * e->file.page_size;
  tn_status status = io->size(e->file.file, &size, error);
  if (status != TN_OK) return status;
  if (size < e->file_size) {
    e->failed = true; /* what the map has there is gone */
    return tni_ffail(e->file.dir, error, TN_CORRUPT, e->file.name.text,
                     "somebody cut the file from %" PRIu64 " bytes to %" PRIu64
                     "; close, and restore it from a backup",
                     e->file_size, size);
  }
  e->file_size = size;
  if (size >= need) return TN_OK;
  status = io->resize(e->file.file, need + ahead(e), NULL);
  if (status != TN_OK) status = io->resize(e->file.file, need, error);
  return status == TN_FULL && fits_in_free(e, pages) ? TN_OK : status;
}

/* liblmdb loses its map when it cannot have a larger one. */
static tn_status fit_map(tni_lenv *e, uint64_t pages, tn_error *error) {
  uint64_t size = doubled_to(e->map_size, pages * e->file.page_size);
  if (size == e->map_size) return TN_OK;
  int code = mdb_env_set_mapsize(e->env, size);
  if (code != 0) {
    e->failed = true;
    return fail(&e->file, code, "map the file", error);
  }
  e->map_size = size;
  return TN_OK;
}

/* ---- txns ----------------------------------------------------------------------------------- */

int tni_lput(tni_ltxn *t, const tni_lkey *key, tn_slice head, tn_slice body, bool last) {
  MDB_val name = {key->size, (void *)(uintptr_t)key->bytes};
  MDB_val value = {TNI_LSUM_SIZE + head.size + body.size, NULL};
  int code = mdb_put(t->txn, t->dbi, &name, &value, MDB_RESERVE | (last ? MDB_APPEND : 0));
  if (code != 0) return code;
  uint8_t *behind = (uint8_t *)value.mv_data + TNI_LSUM_SIZE;
  if (head.size > 0) memcpy(behind, head.data, head.size);
  if (body.size > 0) memcpy(behind + head.size, body.data, body.size);
  tni_out sum = tni_out_to(value.mv_data, TNI_LSUM_SIZE);
  tn_slice all = {behind, head.size + body.size};
  tni_out_u64(&sum, tni_lsum(t->file->dir->host, t->file->log_id, tni_lkey_slice(key), all));
  return 0;
}

int tni_ldelete(tni_ltxn *t, const tni_lkey *key) {
  MDB_val name = {key->size, (void *)(uintptr_t)key->bytes};
  int code = mdb_del(t->txn, t->dbi, &name, NULL);
  return code == MDB_NOTFOUND ? 0 : code;
}

/* *committing says how far it came. */
static int run(tni_lenv *e, tni_lwork work, void *arg, bool *committing) {
  tni_ltxn t = {.file = &e->file};
  *committing = false;
  int code = mdb_txn_begin(e->env, NULL, 0, &t.txn);
  if (code != 0) return code;
  code = mdb_dbi_open(t.txn, NULL, 0, &t.dbi);
  if (code == 0) code = work(&t, arg);
  if (code != 0) {
    mdb_txn_abort(t.txn);
    return code;
  }
  *committing = true;
  return mdb_txn_commit(t.txn);
}

/* A map that turns out too small costs the txn only another try: LMDB says so before anything is written. */
static tn_status write_txn(tni_lenv *e, uint64_t room, tni_lwork work, void *arg, tn_error *error) {
  tni_lview view;
  bool committing = false;
  int code = MDB_MAP_FULL;
  uint64_t pages = room / e->file.page_size + SPARE_PAGES;
  tn_status status = tni_lview_newest(&e->file, &view, error);
  if (status == TN_OK) status = reserve(e, &view, pages, error);
  for (int i = 0; status == TN_OK && code == MDB_MAP_FULL && i < FULL_TRIES_MAX; i++, pages *= 2) {
    status = fit_map(e, view.last_page + 1 + pages, error);
    if (status == TN_OK) code = run(e, work, arg, &committing);
  }
  if (status != TN_OK || code == 0) return status;
  e->failed = e->failed || (committing && code != MDB_MAP_FULL);
  return fail(&e->file, code, "write", error);
}

static tn_status sync_file(tni_lenv *e, tn_error *error) {
  tn_status status = e->file.dir->io->sync(e->file.file, error);
  if (status != TN_OK) e->failed = true;
  return status;
}

static tn_status refused(const tni_lenv *e, tn_error *error) {
  return tni_ffail(e->file.dir, error, TN_IO, e->file.name.text,
                   "refused after an earlier failure; close and open again");
}

tn_status tni_lenv_write(tni_lenv *e, uint64_t room, tni_lwork work, void *arg, bool synced, tn_error *error) {
  pthread_mutex_lock(&e->mutex);
  tn_status status = e->failed ? refused(e, error) : write_txn(e, room, work, arg, error);
  if (status == TN_OK && synced) status = sync_file(e, error);
  pthread_mutex_unlock(&e->mutex);
  return status;
}

tn_status tni_lenv_sync(tni_lenv *e, tn_error *error) {
  pthread_mutex_lock(&e->mutex);
  tn_status status = e->failed ? refused(e, error) : sync_file(e, error);
  pthread_mutex_unlock(&e->mutex);
  return status;
}

bool tni_lenv_failed(tni_lenv *e) {
  pthread_mutex_lock(&e->mutex);
  bool failed = e->failed;
  pthread_mutex_unlock(&e->mutex);
  return failed;
}

/* ---- making one ----------------------------------------------------------------------------- */

typedef struct first_entries {
  const tni_lstate *state;
  tn_slice meta;
} first_entries;

static int put_first(tni_ltxn *t, void *arg) {
  const first_entries *first = arg;
  uint8_t state[TNI_LSTATE_SIZE];
  tni_lkey state_key = tni_lkey_of(TNI_LSTATE), meta_key = tni_lkey_of(TNI_LMETA);
  tni_lstate_encode(first->state, state);
  int code = tni_lput(t, &state_key, (tn_slice){state, sizeof state}, (tn_slice){NULL, 0}, false);
  if (code != 0 || first->state->of_snapshots) return code;
  return tni_lput(t, &meta_key, (tn_slice){NULL, 0}, first->meta, false);
}

static tn_status fill(const tni_lfile *empty, const first_entries *first, tn_error *error) {
  tni_lenv e;
  tn_status status = init(&e, empty, MAP_SIZE_MIN, error);
  if (status != TN_OK) return status;
  status = tni_lfile_open(&e.file, empty->dir, empty->name.text, TN_FILE_WRITE, error);
  e.file.log_id = first->state->log_id;
  if (status == TN_OK)
    status =
        tni_lenv_write(&e, tni_lenv_room(&e, first->meta.size), put_first, (void *)(uintptr_t)first, true, error);
  tni_lenv_close(&e);
  return status;
}

tn_status tni_lenv_create(const tni_fdir *dir, const char *name, const tni_lstate *state, tn_slice meta,
                          tn_error *error) {
  first_entries first = {state, meta};
  tni_lfile made = {.dir = dir, .name = tni_fname("%s.tmp", name)};
  tn_file *file;
  tn_status status = tni_fdir_create(dir, made.name.text, &file, error);
  if (status != TN_OK) return status;
  dir->io->close(file);
  status = fill(&made, &first, error);
  if (status == TN_OK) status = tni_fdir_rename(dir, made.name.text, name, error);
  if (status == TN_OK) return tni_fdir_sync(dir, "", error);
  (void)tni_fdir_unlink(dir, made.name.text, NULL);
  return status;
}
