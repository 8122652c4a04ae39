# What networkx says about a graph: for test_graph_algorithms. Reads the number of nodes and a line "FROM TO WEIGHT" for
# each edge, writes a line "ALGORITHM NODE VALUE" for each node.
import math
import sys

import networkx as nx

try:
    import scipy  # noqa: F401

    pagerank = nx.pagerank
except ImportError:
    from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python as pagerank

lines = sys.stdin.read().split("\n")
graph = nx.MultiDiGraph()
graph.add_nodes_from(range(int(lines[0])))
for line in filter(None, lines[1:]):
    start, end, weight = line.split()
    graph.add_edge(int(start), int(end), w=float(weight))
simple = nx.Graph(graph.to_undirected())
simple.remove_edges_from(list(nx.selfloop_edges(simple)))
counted = nx.DiGraph()
counted.add_nodes_from(graph)
for start, end in graph.edges():
    before = counted.get_edge_data(start, end, {"n": 0})["n"]
    counted.add_edge(start, end, n=before + 1)


def smallest(components):
    return {node: min(c) for c in components for node in c}


def show(name, values):
    for node in sorted(graph):
        print(name, node, repr(float(values.get(node, math.inf))))


show("bfs", nx.single_source_shortest_path_length(graph, 0))
show("sssp", nx.single_source_dijkstra_path_length(graph, 0, weight="w"))
show("pagerank", pagerank(counted, alpha=0.85, tol=1e-15, max_iter=1000, weight="n"))
show("wcc", smallest(nx.weakly_connected_components(graph)))
show("scc", smallest(nx.strongly_connected_components(graph)))
show("lcc", nx.clustering(simple))
show("triangles", nx.triangles(simple))
show("degree_centrality", nx.degree_centrality(graph))
