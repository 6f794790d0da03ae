// The table of elementwise kernels (src/clearprop/execute/ops.def), included wherever something is made of its lines.
// A kind of line that is not defined is NAMED, and without that is left out. No include guard: it is read several
// times.
#ifndef NAMED
#define NAMED(...)
#endif
#ifndef UNARY
#define UNARY NAMED
#endif
#ifndef BINARY
#define BINARY NAMED
#endif
#ifndef TERNARY
#define TERNARY NAMED
#endif
#ifndef LANES
#define LANES NAMED
#endif
#ifndef UPDATE
#define UPDATE NAMED
#endif
#include "../src/clearprop/execute/ops.def"
#undef UNARY
#undef BINARY
#undef TERNARY
#undef LANES
#undef UPDATE
#undef NAMED
