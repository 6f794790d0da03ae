// Products by rows that change in few places: numbers encoded piece by piece, levels of a category.
//
// Columns come in blocks. Within one, with a[k − 1] = 0 before its first column,
//
//   Σₖ a[k]·W[k] = Σₖ (a[k] − a[k − 1])·S[k],   S[k] = W[k] + W[k + 1] + … up to the last of the block
//   dW[k] = G[first] + … + G[k],                G[k] = Σ over the rows of (a[k] − a[k − 1])·dz
//
// so only those k cost anything where the row changes: about three in a block of 64 intervals. A block of one column
// stands as it is, and a zero in it costs nothing. Per change and panel: 2 loads and 2 multiply-adds forward, 2 stores
// more backward, or none where the changes of few rows are first put in the order of their columns; the sums are read
// and written once a step. Every element is one chain, whatever tile or thread.
#pragma once

#include "move.hpp"
#include "product.hpp"
#include "vecmath.hpp"

namespace clearprop::CLEARPROP_ISA {

constexpr int64_t most_changing = 4096;  // columns: a row and its marks stay in L1

template <class T>
struct Change {
    typename Lane<T>::Int column;
    T by;
};

// The changes of one row, in the order of their columns: the first records say in `column` where those of each 64
// columns end, and behind these there is room for one of each column. The first record of a batch's row says where all
// that lies: behind it, or where it was kept.
template <class T>
struct RowOfChanges {
    Change<T>* ends;
    Change<T>* list;

    RowOfChanges(const Matrix<T>& m, int64_t r) : RowOfChanges(m, place_of(m, r)) {}

    // One whose changes are yet to be found: behind the first record, or at `place`, where there is `room` for them.
    static RowOfChanges begun(const Matrix<T>& m, int64_t r, void* place = nullptr) {
        place_of(m, r) = place ? place : first(m, r) + 1;
        return {m, r};
    }
    static void known(const Matrix<T>& m, int64_t r, void* place) { place_of(m, r) = place; }
    static bool is_kept(const Matrix<T>& m, int64_t r) { return place_of(m, r) != first(m, r) + 1; }
    static int64_t room(const Matrix<T>& m) { return (m.cols / 2 - 1) * int64_t(sizeof(Change<T>)); }

    // How many lie in the columns before k, which is a multiple of 64 or their number.
    CP_INLINE int64_t before(int64_t k) const { return k ? ends[(k - 1) / word].column : 0; }

  private:
    RowOfChanges(const Matrix<T>& m, void* place) : ends(static_cast<Change<T>*>(place)) {
        const int64_t records = m.cols / 2 - 1, words = (records + word) / (word + 1);
        list = ends + words;
    }
    static CP_INLINE Change<T>* first(const Matrix<T>& m, int64_t r) {
        return reinterpret_cast<Change<T>*>(m.data) + r * (m.cols / 2);
    }
    static CP_INLINE void*& place_of(const Matrix<T>& m, int64_t r) {
        static_assert(sizeof(void*) <= sizeof(Change<T>));
        return *reinterpret_cast<void**>(first(m, r));
    }
};

// The changes of one row as they are found, vector by vector, and then written down in one go: where a row changes
// cannot be foreseen, so there is one branch for 64 columns and none for each vector.
template <class T>
struct Changing {
    T by[most_changing + lanes<T>];
    uint64_t bits[most_changing / word + 2] = {};

    CP_INLINE void at(int64_t k, Vec<T> change, uint32_t which) {
        const int64_t w = k / word, shift = k % word;
        store(by + k, change);
        bits[w] |= uint64_t(which) << shift;
        bits[w + 1] |= uint64_t(which) >> 1 >> (63 - shift);
    }

    // Those of columns from … to − 1, behind those of the columns before them.
    CP_INLINE void write(const RowOfChanges<T>& row, int64_t from, int64_t to) {
        using Int = typename Lane<T>::Int;
        Change<T>* next = row.list + row.before(from);
        for (int64_t w = from / word; w * word < to; ++w) {
            for (uint64_t left = bits[w]; left; left &= left - 1) {
                const int64_t k = w * word + lowest_bit(left);
                *next++ = {Int(k), by[k]};
            }
            bits[w] = 0;
            row.ends[w].column = Int(next - row.list);
        }
    }
};

// Those of rows that are in memory, whose columns are columns from, from + 1, … of the whole. first[k]: whether a block
// begins at their column k.
template <class T>
class Search {
  public:
    Search(int64_t cols, int64_t from, const int32_t* first) : cols_(cols), from_(from) {
        for (int64_t k = 0; k < cols; ++k) goes_on_[k] = first[k] ? 0 : -1;
        for (int l = 0; l < lanes<T>; ++l) goes_on_[cols + l] = 0;  // there x is 0
    }

    // `at(k)` is where the vector of the row lies that begins at column k.
    template <class At>
    CP_INLINE void operator()(At at, const RowOfChanges<T>& to) {
        Vec<T> last{};
        for (int64_t k = 0; k < cols_; k += lanes<T>) {
            const int64_t left = cols_ - k;
            const Vec<T> x = left < lanes<T> ? load_part(at(k), int(left)) : load(at(k));
            IVec<T> inside;
            __builtin_memcpy(&inside, goes_on_ + k, sizeof inside);
            const Vec<T> by = x - select(inside, behind(last, x), Vec<T>{});
            row_.at(from_ + k, by, nonzero(by));
            last = x;
        }
        row_.write(to, from_, from_ + cols_);
    }

  private:
    const int64_t cols_, from_;
    alignas(64) typename Lane<T>::Int goes_on_[most_changing + lanes<T>];
    Changing<T> row_;
};

template <class T>
void find_changes_of(const Matrix<T>& a, int64_t from, const int32_t* first, const Matrix<T>& out, int64_t begin,
                     int64_t end) {
    Search<T> search(a.cols, from, first);
    for (int64_t r = begin; r < end; ++r)
        search([&](int64_t k) { return a.at(k / panel<T>, r) + k % panel<T>; }, RowOfChanges<T>::begun(out, r));
}

// Whether a thread has room for a row that is to be kept; it takes some for a few rows at a time.
CP_INLINE bool has_room(KeptRows& kept, int64_t row) {
    if (kept.end - kept.next >= row) return true;
    if (kept.full - __atomic_load_n(kept.free, __ATOMIC_RELAXED) < 8 * row) return false;
    uint8_t* const taken = __atomic_fetch_add(kept.free, 8 * row, __ATOMIC_RELAXED);
    if (kept.full - taken < 8 * row) return false;
    kept.next = taken, kept.end = taken + 8 * row;
    return true;
}

// Those of the rows that a batch has of `data`, without a copy of them: what is kept of an earlier batch is not
// searched again.
template <class T>
void find_changes_of_rows(const T* data, const int64_t* index, int64_t cols, int64_t from, const int32_t* first,
                          KeptRows* kept, const Matrix<T>& out, int64_t begin, int64_t end) {
    Search<T> search(cols, from, first);
    for (int64_t r = begin; r < end; ++r) {
        const int64_t i = index ? index[r] : r;
        if (kept)  // a batch may have a row twice, on two threads
            if (void* const place = __atomic_load_n(kept->places + i, __ATOMIC_ACQUIRE)) {
                RowOfChanges<T>::known(out, r, place);
                continue;
            }
        if (index && r + 8 < end) prefetch_row(data + index[r + 8] * cols, cols);
        const bool keep = kept && has_room(*kept, RowOfChanges<T>::room(out));
        const auto row = RowOfChanges<T>::begun(out, r, keep ? kept->next : nullptr);
        search([&](int64_t k) { return data + i * cols + k; }, row);
        if (!keep) continue;
        __atomic_store_n(kept->places + i, row.ends, __ATOMIC_RELEASE);
        kept->next = reinterpret_cast<uint8_t*>(row.list + row.before(cols));
    }
}

// Those of numbers encoded piece by piece, which are never in memory: min(max((x − t)/h, 0), 1)·scale − less for each
// interval, whose column of x is among `columns`; the intervals of one column make a block.
template <class T>
void find_pieces(const Matrix<T>& x, const T* t, const T* h, T scale, T less, int64_t from, const int32_t* columns,
                 int64_t many, const Matrix<T>& out, int64_t begin, int64_t end) {
    const Vec<T> one = splat(T(1)), by_scale = splat(scale), by_less = splat(less);
    int32_t starts[most_changing + 1], blocks = 0;
    for (int64_t k = 0; k < many; ++k)
        if (k == 0 || columns[k] != columns[k - 1]) starts[blocks++] = int32_t(k);
    starts[blocks] = int32_t(many);
    Changing<T> row;
    for (int64_t r = begin; r < end; ++r) {
        for (int b = 0; b < blocks; ++b) {
            const int64_t stop = starts[b + 1];
            const Vec<T> number = splat(number_at(x, r, columns[starts[b]]));
            Vec<T> last{};
            for (int64_t k = starts[b]; k < stop; k += lanes<T>) {
                const Vec<T> part = (number - load(t + k)) / load(h + k);
                const Vec<T> v = minimum<T>(maximum<T>(part, Vec<T>{}), one) * by_scale - by_less;
                const Vec<T> by = v - behind(last, v);
                const uint32_t here = stop - k < lanes<T> ? (1u << (stop - k)) - 1 : ~0u;
                row.at(from + k, by, nonzero(by) & here);
                last = v;
            }
        }
        row.write(RowOfChanges<T>::begun(out, r), from, from + many);
    }
}

// S of panel p.
template <class T>
void sums_of_blocks(const Matrix<T>& w, const int32_t* first, const Matrix<T>& out, int64_t p) {
    const int width = w.width(p), rest = width - lanes<T>;
    Vec<T> s0{}, s1{};
    if (rest == lanes<T>) {
        for (int64_t k = w.rows - 1; k >= 0; --k) {
            const T* from = w.at(p) + k * panel<T>;
            const bool begins = k + 1 == w.rows || first[k + 1];
            s0 = begins ? load(from) : s0 + load(from);
            s1 = begins ? load(from + lanes<T>) : s1 + load(from + lanes<T>);
            store(out.at(p) + k * panel<T>, s0);
            store(out.at(p) + k * panel<T> + lanes<T>, s1);
        }
        return;
    }
    for (int64_t k = w.rows - 1; k >= 0; --k) {
        if (k + 1 == w.rows || first[k + 1]) s0 = s1 = Vec<T>{};
        s0 += load(w.at(p, k));
        store_part(out.at(p, k), s0, rest < 0 ? width : lanes<T>);
        if (rest <= 0) continue;
        s1 += load(w.at(p, k) + lanes<T>);
        store_part(out.at(p, k) + lanes<T>, s1, rest);
    }
}

// A part of a row of out: G whole panels from p on, and N vectors of the narrow one behind them.
template <class T, int G, int N>
struct PartOfRow {
    Vec<T> sum[2 * G + N];

    // `at(g)` is where what belongs to panel p + g lies; `narrow`: columns of the narrow one.
    template <class At>
    CP_INLINE void load_from(At at, int narrow) {
#pragma GCC unroll 8
        for (int v = 0; v < 2 * G; ++v) sum[v] = load(at(v / 2) + v % 2 * lanes<T>);
        for (int v = 0; v < N; ++v) {
            const int left = narrow - v * lanes<T>;
            sum[2 * G + v] = left < lanes<T> ? load_part(at(G) + v * lanes<T>, left) : load(at(G) + v * lanes<T>);
        }
    }
    template <class At>
    CP_INLINE void store_to(At at, int narrow) const {
#pragma GCC unroll 8
        for (int v = 0; v < 2 * G; ++v) store(at(v / 2) + v % 2 * lanes<T>, sum[v]);
        for (int v = 0; v < N; ++v) {
            const int left = narrow - v * lanes<T>;
            store_part(at(G) + v * lanes<T>, sum[2 * G + v], left < lanes<T> ? left : lanes<T>);
        }
    }
    CP_INLINE void clear() {
        for (Vec<T>& v : sum) v = Vec<T>{};
    }
    CP_INLINE void relu() {
        for (Vec<T>& v : sum) v = maximum<T>(v, Vec<T>{});
    }
    // `from`: row 0 of S of panel p, `behind`: of the narrow one; `next`: numbers from panel to panel.
    CP_INLINE void add(const Change<T>& c, const T* from, int64_t next, const T* behind, int narrow) {
        const Vec<T> by = splat(c.by);
        const T* at = from + c.column * panel<T>;
#pragma GCC unroll 8
        for (int v = 0; v < 2 * G; ++v) sum[v] = fma(by, load(at + v / 2 * next + v % 2 * lanes<T>), sum[v]);
#pragma GCC unroll 2
        for (int v = 0; v < N; ++v)  // lanes past the narrow panel are left
            sum[2 * G + v] = fma(by, load(behind + c.column * narrow + v * lanes<T>), sum[2 * G + v]);
    }
};

// Rows that were kept lie anywhere in memory: where their changes end is asked for 8 rows before they are read, all of
// them 4 rows before.
template <class T>
CP_INLINE void prefetch_kept(const Matrix<T>& changes, int64_t r, int64_t columns) {
    if (RowOfChanges<T>::is_kept(changes, r + 8)) __builtin_prefetch(RowOfChanges<T>(changes, r + 8).ends);
    if (!RowOfChanges<T>::is_kept(changes, r + 4)) return;
    const RowOfChanges<T> row(changes, r + 4);
    prefetch_row(row.list, row.before(columns));
}

// That part of rows begin … end − 1 of out = a·W + bias, or of its relu, from the changes of a and the sums of W.
template <class T, int G, int N>
void part_of_product(const Matrix<T>& changes, const Matrix<T>& s, const T* bias, bool relu, const Matrix<T>& out,
                     int64_t p, int64_t begin, int64_t end) {
    const int narrow = N ? out.width(p + G) : 0;
    const T *from = s.at(p), *behind = N ? s.at(p + G) : nullptr;
    for (int64_t r = begin; r < end; ++r) {
        if (p == 0 && r + 8 < end) prefetch_kept<T>(changes, r, s.rows);
        const RowOfChanges<T> row(changes, r);
        PartOfRow<T, G, N> part;
        if (bias)
            part.load_from([&](int g) { return bias + (p + g) * panel<T>; }, narrow);
        else
            part.clear();
        const Change<T>* const last = row.list + row.before(s.rows);
        for (const Change<T>* c = row.list; c != last; ++c) part.add(*c, from, panel<T> * s.rows, behind, narrow);
        if (relu) part.relu();
        part.store_to([&](int g) { return out.at(p + g, r); }, narrow);
    }
}

// All parts, four panels or what is left: the changes are read once for each. `finished(p)` is called when panel p is
// complete.
template <class T, class F>
void product_of_changes(const Matrix<T>& changes, const Matrix<T>& s, const T* bias, bool relu, const Matrix<T>& out,
                        int64_t begin, int64_t end, F finished) {
    const int64_t whole = out.cols / panel<T>, panels = out.panels();
    const int vectors = whole == panels ? 0 : out.width(whole) <= lanes<T> ? 1 : 2;  // of the narrow one
    const auto part = [&]<int G, int N>(int64_t p) {
        part_of_product<T, G, N>(changes, s, bias, relu, out, p, begin, end);
        for (int g = 0; g < G + (N > 0); ++g) finished(p + g);
    };
    const auto last = [&]<int G>(int64_t p) {
        if (vectors == 0) part.template operator()<G, 0>(p);
        if (vectors == 1) part.template operator()<G, 1>(p);
        if (vectors == 2) part.template operator()<G, 2>(p);
    };
    int64_t p = 0;
    for (; p + 4 <= whole; p += 4) part.template operator()<4, 0>(p);
    if (whole - p == 3) return last.template operator()<3>(p);
    if (whole - p == 2) return last.template operator()<2>(p);
    if (whole - p == 1) return last.template operator()<1>(p);
    if (p < panels) vectors == 1 ? part.template operator()<0, 1>(p) : part.template operator()<0, 2>(p);
}

constexpr int64_t strip = 8 * word;  // rows of G that are gathered at once: 64 kB, of which few are touched

// Rows k … k + n − 1 of G of panel p, in rows of a whole panel; k is a multiple of 64. V: vectors that are not empty.
template <class T, int V>
void gather_changes(const Matrix<T>& changes, const Matrix<T>& dz, int64_t p, int64_t k, int64_t n, T* g) {
    __builtin_memset(g, 0, size_t(n * panel<T>) * sizeof(T));
    T* const base = g - k * panel<T>;
    for (int64_t r = 0; r < dz.rows; ++r) {
        Vec<T> x[V];
        for (int v = 0; v < V; ++v) x[v] = load(dz.at(p, r) + v * lanes<T>);
        const RowOfChanges<T> row(changes, r);
        const Change<T>* const end = row.list + row.before(k + n);
        for (const Change<T>* c = row.list + row.before(k); c != end; ++c) {
            const Vec<T> by = splat(c->by);
            T* to = base + c->column * panel<T>;
#pragma GCC unroll 2
            for (int v = 0; v < V; ++v) store(to + v * lanes<T>, fma(by, x[v], load(to + v * lanes<T>)));
        }
    }
}

// The changes of one word in the order of the columns: those of column c, with their rows, from list + c·rows on.
template <class T>
struct ByColumn {
    Change<T>* list;
    int64_t rows;
    int64_t many[word];

    CP_INLINE const Change<T>* of(int64_t c) const { return list + c * rows; }

    void turn(const Matrix<T>& changes, int64_t w) {
        using Int = typename Lane<T>::Int;
        __builtin_memset(many, 0, sizeof many);
        for (int64_t r = 0; r < rows; ++r) {
            const RowOfChanges<T> row(changes, r);
            const Change<T>* const end = row.list + row.ends[w].column;
            for (const Change<T>* c = row.list + row.before(w * word); c != end; ++c) {
                const int64_t column = c->column % word;
                list[column * rows + many[column]++] = {Int(r), c->by};
            }
        }
    }
};

// n rows of G of panel p, two at a time, so that there are chains enough to keep the machine busy: four loads and four
// multiply-adds for a change of either, and no store before the end. V: vectors that are not empty.
template <class T, int V>
void gather_by_column(const ByColumn<T>& changes, const Matrix<T>& dz, int64_t p, int64_t n, T* g) {
    const T* const from = dz.at(p);
    const int64_t width = dz.width(p);
    const auto add = [&](Vec<T>(&sum)[V], const Change<T>& c) {
        const Vec<T> by = splat(c.by);
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) sum[v] = fma(by, load(from + c.column * width + v * lanes<T>), sum[v]);
    };
    for (int64_t k = 0; k < n; k += 2) {
        const Change<T>*a = changes.of(k), *b = changes.of(k + 1);
        const int64_t na = changes.many[k], nb = k + 1 < n ? changes.many[k + 1] : 0, both = na < nb ? na : nb;
        Vec<T> x[V] = {}, y[V] = {};
        for (int64_t i = 0; i < both; ++i) add(x, a[i]), add(y, b[i]);
        for (int64_t i = both; i < na; ++i) add(x, a[i]);
        for (int64_t i = both; i < nb; ++i) add(y, b[i]);
        for (int v = 0; v < V; ++v) {
            store(g + k * panel<T> + v * lanes<T>, x[v]);
            if (k + 1 < n) store(g + (k + 1) * panel<T> + v * lanes<T>, y[v]);
        }
    }
}

// n rows of dW from those of G; `sum` is what the row before them had.
template <class T>
void add_up_changes(const T* g, const int32_t* first, int n, Vec<T> (&sum)[2], T* out, int width) {
    for (int i = 0; i < n; ++i, out += width, g += panel<T>)
        for (int v = 0; v < 2; ++v) {
            const Vec<T> more = load(g + v * lanes<T>);
            sum[v] = first[i] ? more : sum[v] + more;
            const int left = width - v * lanes<T>;
            if (left > 0) store_part(out + v * lanes<T>, sum[v], left < lanes<T> ? left : lanes<T>);
        }
}

}  // namespace clearprop::CLEARPROP_ISA
