#include "schedule.hpp"

#include <algorithm>

namespace clearprop {

namespace {

struct Work {
    int64_t units;
    double cost;  // of a unit
};

Work work_of(const Program& p, const Instruction& s, int64_t n) {
    const int64_t P = p.panel();
    const auto rows = [&](int32_t v) { return p.values[size_t(v)].rows < 0 ? n : int64_t(p.values[size_t(v)].rows); };
    const auto cols = [&](int32_t v) { return int64_t(p.values[size_t(v)].cols); };
    const auto panels = [&](int64_t c) { return (c + P - 1) / P; };
    if (s.domain == Domain::single) return {1, 0};
    switch (s.code) {
        case Code::product_tn: {  // the products, and an update that costs as much as a hundred rows or more
            const double rows_worth = double(rows(s.a)) + (s.chain >= 0 ? 120 : 0) + (s.twin >= 0 ? 50 : 0);
            return {panels(cols(s.a)) * panels(cols(s.b)),
                    2.0 * double(P * std::min(P, 4 + cols(s.b))) * rows_worth / 16};
        }
        case Code::gradient_of_changes: {  // a row changes in few places; what is added up and updated has all rows
            const int64_t across = panels(cols(s.b)), high = (rows(s.out) + word - 1) / word;
            const double work = double(P * across) * double(rows(s.a) * cols(s.a) / 16 + 60 * rows(s.out)) / 16;
            const bool by_words = is_by_words(p.indices.data() + s.start, rows(s.out), rows(s.a));
            const int64_t units = by_words ? high : across;
            return {units, work / double(units)};
        }
        case Code::chain:
            return {panels(cols(s.out)) * panels(rows(s.out)), double(P * P)};
        case Code::sums_of_blocks:
        case Code::sum_columns:
        case Code::max_columns:
            return {panels(cols(s.a)), double(rows(s.a) * P) / 4};
        case Code::transpose:
            return {panels(cols(s.a)) * panels(cols(s.out)), double(P * P)};
        case Code::scatter_rows:
        case Code::add_embedded: {
            const int64_t blocks = (rows(s.out) + rows_at_once - 1) / rows_at_once;
            const double update = s.chain >= 0 ? 4 : 1;
            return {panels(cols(s.out)) * blocks, double(rows(s.a)) + update * double(rows(s.out) / blocks * P) / 4};
        }
        case Code::copy:
            return {panels(cols(s.out)), double(rows(s.out) * P) / 4};
        case Code::product_nn:
            return {rows(s.out), 2.0 * double(cols(s.a) * cols(s.out)) / 16};
        case Code::sum_rows:
        case Code::sum_squares_rows:
        case Code::max_rows:
        case Code::softmax_cross_entropy:
        case Code::softmax_cross_entropy_labels:
        case Code::add_columns:
            return {rows(s.a), double(cols(s.a))};
        default:
            return {rows(s.out), double(cols(s.out))};
    }
}

}  // namespace

Schedule::Schedule(const Program& p, int64_t n, int threads) : tasks_(size_t(threads)) {
    const Instruction* const end = p.instructions.data() + p.instructions.size();
    for (const Instruction* s = p.instructions.data(); s != end;) {
        const Instruction* last = s;
        while (last != end && last->phase == s->phase) ++last;
        add_phase(p, n, s, last);
        s = last;
    }
}

void Schedule::add_phase(const Program& p, int64_t n, const Instruction* first, const Instruction* last) {
    const int64_t threads = int64_t(tasks_.size());
    double total = 0, before = 0;
    for (const Instruction* s = first; s != last; ++s)
        if (s->domain == Domain::tiles) {
            const Work w = work_of(p, *s, n);
            total += double(w.units) * w.cost;
        }
    for (const Instruction* s = first; s != last; ++s) {
        if (s->domain == Domain::rows) {
            for (int64_t t = 0; t < threads; ++t) {
                const auto cut = [&](int64_t k) { return k == threads ? n : n * k / threads / 8 * 8; };
                if (cut(t) < cut(t + 1)) tasks_[size_t(t)].push_back({s, cut(t), cut(t + 1)});
            }
            continue;
        }
        const Work w = work_of(p, *s, n);
        if (s->domain == Domain::single) {
            tasks_[0].push_back({s, 0, w.units});
            continue;
        }
        const auto owner = [&](int64_t unit) {
            if (!(total > 0)) return int64_t(0);
            return std::min(threads - 1, int64_t((before + (double(unit) + 0.5) * w.cost) * double(threads) / total));
        };
        for (int64_t u = 0; u < w.units;) {
            const int64_t t = owner(u);
            int64_t stop = u + 1;
            while (stop < w.units && owner(stop) == t) ++stop;
            tasks_[size_t(t)].push_back({s, u, stop});
            u = stop;
        }
        before += double(w.units) * w.cost;
    }
    if (threads > 1)
        for (auto& tasks : tasks_) tasks.push_back({nullptr, 0, 0});
}

}  // namespace clearprop
