#include "check.h"

/* The side that is being walked through. */
typedef struct side_check {
  tni_graph_check *c;
  tni_graph_place place; /* of the entry */
  bool open;             /* a split side, whose chunks follow */
  int64_t node, side;    /* of the open side */
  uint64_t said, counted;
  bool begun;         /* a chunk of it was there */
  tni_graph_arc last; /* the highest arc so far */
  tni_graph_arcs arcs;
} side_check;

static tn_status problem(side_check *s, const char *text) {
  return tni_graph_problem(s->c, "adjacency", "node", (uint64_t)s->place.node, text);
}

/* ---- an arc ------------------------------------------------------------------------------------ */

static tn_status check_other_end(side_check *s, tni_graph_arc arc) {
  tni_graph_arc back = {(uint64_t)s->place.node, arc.edge}, found;
  tn_status status = tni_graph_node_must_be(s->c->ctx, arc.node, NULL);
  if (status == TN_NOT_FOUND) return problem(s, "has a neighbour that is not there");
  if (status != TN_OK) return status;
  status = tni_graph_arc_at(s->c->ctx, arc.node, -s->place.side, back, &found);
  if (status == TN_CORRUPT || status == TN_NOT_FOUND || (status == TN_OK && tni_graph_arc_compare(back, found) != 0))
    return problem(s, "an edge is not at its other end");
  return status;
}

static tn_status check_own_edge(side_check *s, tni_graph_arc arc) {
  tni_graph_edge wanted = tni_graph_edge_of_arc((uint64_t)s->place.node, s->place.side, arc), edge;
  if (arc.edge == 0) return TN_OK;
  tn_status status = tni_graph_edge_get(s->c->ctx, arc.edge, &edge);
  if (status == TN_CORRUPT) return TN_OK; /* told where edges are checked */
  if (status == TN_NOT_FOUND) return tni_graph_problem(s->c, "edges", "edge", arc.edge, "is not there");
  if (status != TN_OK) return status;
  if (edge.from == wanted.from && edge.to == wanted.to && edge.type == wanted.type) return TN_OK;
  return tni_graph_problem(s->c, "edges", "edge", arc.edge, "is linked between other nodes or with another type");
}

/* ---- a chunk ----------------------------------------------------------------------------------- */

static tn_status check_arcs(side_check *s, const tni_graph_chunk *chunk) {
  tni_graph_chunk_decode(chunk, &s->arcs);
  for (uint32_t i = 0; i < s->arcs.count; i++) {
    tni_graph_arc arc = {s->arcs.nodes[i], s->arcs.edges[i]};
    if (tni_graph_arc_compare(arc, s->last) <= 0) TRY(problem(s, "its neighbours are not in order"));
    s->last = arc;
    TRY(check_other_end(s, arc));
    TRY(check_own_edge(s, arc));
  }
  s->counted += s->arcs.count;
  return TN_OK;
}

/* What was counted on a side is compared when the next one comes. */
static tn_status end_side(side_check *s) {
  bool was_open = s->open;
  s->open = false;
  if (!was_open || s->counted == s->said) return TN_OK;
  return tni_graph_problem(s->c, "adjacency", "node", (uint64_t)s->node, "its degree is wrong");
}

static tn_status count_edges(side_check *s, uint64_t count) {
  int64_t type = s->place.side < 0 ? -s->place.side : s->place.side;
  if (type < 1 || (uint64_t)type > s->c->types.count) return problem(s, "has edges of a type without a name");
  if (s->place.side > 0) s->c->type_edges[type - 1] += (int64_t)count;
  return TN_OK;
}

static tn_status check_head(side_check *s, tn_slice bytes) {
  tni_graph_head head;
  TRY(end_side(s));
  s->last = (tni_graph_arc){0, 0};
  s->counted = 0;
  if (tni_graph_head_open(s->c->ctx, bytes, &head) != TN_OK) return problem(s, "a head is damaged");
  tn_status status = tni_graph_node_must_be(s->c->ctx, (uint64_t)s->place.node, NULL);
  if (status == TN_NOT_FOUND) status = problem(s, "has edges and is not there");
  if (status != TN_OK) return status;
  TRY(count_edges(s, head.degree));
  if (!head.split) return check_arcs(s, &head.chunk);
  s->open = true;
  s->begun = false;
  s->node = s->place.node;
  s->side = s->place.side;
  s->said = head.degree;
  return TN_OK;
}

static tn_status check_chunk(side_check *s, tn_slice bytes) {
  tni_graph_chunk chunk;
  static const tni_graph_arc zero = {0, 0};
  if (!s->open || s->place.node != s->node || s->place.side != s->side)
    return problem(s, "a chunk belongs to no side");
  if (!tni_graph_chunk_open(bytes, &chunk)) return problem(s, "a chunk is damaged");
  if (!s->begun && tni_graph_arc_compare(s->place.from, zero) != 0)
    TRY(problem(s, "its first chunk does not begin at 0"));
  if (s->begun && tni_graph_arc_compare(s->last, s->place.from) >= 0)
    TRY(problem(s, "a neighbour is in the chunk before its own"));
  if (tni_graph_arc_compare(tni_graph_chunk_at(&chunk, 0), s->place.from) < 0)
    TRY(problem(s, "a neighbour is in the chunk behind its own"));
  s->begun = true;
  return check_arcs(s, &chunk);
}

static tn_status check_adjacency(tni_graph_check *c) {
  static const tn_slice open = {NULL, 0};
  side_check *s = tn_scratch(c->ctx, sizeof *s);
  tn_cursor *cursor;
  tn_slice key, bytes;
  tn_status status;
  if (!s) return tni_no_memory(c->ctx);
  s->c = c;
  s->open = false;
  TRY(tn_cursor_open(c->ctx, TNI_GRAPH_ADJACENCY, open, open, &cursor));
  while ((status = tn_cursor_next(c->ctx, cursor, &key, &bytes)) == TN_OK) {
    if (tni_graph_place_read(c->ctx, key, &s->place) != TN_OK)
      TRY(tni_graph_problem(c, "adjacency", "a key", 0, "is not (node, side, neighbour?, edge?)"));
    else
      TRY(s->place.is_chunk ? check_chunk(s, bytes) : check_head(s, bytes));
  }
  return status == TN_NOT_FOUND ? end_side(s) : status;
}

/* ---- edges with an id -------------------------------------------------------------------------- */

static tn_status check_edge(tni_graph_check *c, tn_slice key, tn_slice value) {
  int64_t id;
  tni_graph_edge edge;
  tni_graph_arc found;
  if (!tni_graph_key_read(&key, &id) || key.size > 0 || id < 1)
    return tni_graph_problem(c, "edges", "a key", 0, "is not one id");
  if (tni_graph_edge_open(c->ctx, (uint64_t)id, value, &edge) != TN_OK)
    return tni_graph_problem(c, "edges", "edge", (uint64_t)id, "is not of the form [from, type, to, {props}]");
  if (id > c->last_edge) TRY(tni_graph_problem(c, "meta", "edge", (uint64_t)id, "is above the last id given out"));
  tn_status status = tni_graph_arc_at(c->ctx, edge.from, edge.type, (tni_graph_arc){edge.to, edge.id}, &found);
  if (status != TN_OK && status != TN_NOT_FOUND && status != TN_CORRUPT) return status;
  if (status == TN_OK && found.node == edge.to && found.edge == edge.id) return TN_OK;
  return tni_graph_problem(c, "edges", "edge", (uint64_t)id, "is not linked");
}

tn_status tni_graph_check_edges(tni_graph_check *c) {
  TRY(check_adjacency(c));
  return tni_graph_check_map(c, TNI_GRAPH_EDGES, check_edge);
}
