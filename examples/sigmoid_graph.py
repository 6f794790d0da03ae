"""The textbook's sigmoid: four nodes, their backward pass, and the one node that they are."""

import clearprop as cp

x, g = cp.variable("x"), cp.variable("g")
y = (1 / (1 + cp.exp(-x))).named("y")
graph = cp.Graph({"y": y, "dx": cp.gradient(y, x, upstream=g)})

print("as nodes:", graph, sep="\n")
print("simplified:", cp.simplify(graph), sep="\n")
for point in (-2.0, 0.0, 2.0):
    before, after = (cp.evaluate(gr, {"x": point, "g": 1.0}) for gr in (graph, cp.simplify(graph)))
    print(f"x = {point:4.1f}   y = {after['y']:.6f}   dx = {before['dx']:.6f} = {after['dx']:.6f}")
