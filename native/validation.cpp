#include "validation.hpp"

#include <algorithm>
#include <cstring>

namespace clearprop {

namespace {

int64_t last_chunk(const HeldOut& asked) { return asked.n - (asked.n - 1) / asked.chunk * asked.chunk; }

}  // namespace

Validation::Validation(const HeldOut& asked, const Program& trained, const Workspace& work,
                       const std::vector<StateArray>& kept, int64_t epochs, int threads)
    : asked_(asked),
      trained_(trained),
      work_(work),
      own_(*asked.program),
      kept_(trained, kept, work),
      rest_(trained, asked.rest, work),
      together_(*asked.program, asked.chunk, threads),
      together_last_(*asked.program, last_chunk(asked), threads),
      single_(*asked.program, asked.chunk, 1),
      single_last_(*asked.program, last_chunk(asked), 1),
      files_(size_t(threads), asked.program->file) {
    own_.reserve(std::min(asked.n, asked.chunk), threads);
    for (const auto& [value, from] : asked.data) own_.point(value, from);
    for (auto& file : files_)
        for (const auto& [place, number] : asked.constants) file[size_t(place)] = number;
    if (asked.patience.stops) best_.resize(kept_.bytes());
    found_.losses.reserve(size_t(epochs));
    found_.patience = asked.patience;
}

// The parameters of now. Both programs have arrays of one shape in the same layout. A plan may give their places to
// other values once they are read, so every chunk begins with them.
void Validation::take_over() {
    const Program& p = *asked_.program;
    for (const Shared& s : asked_.state) {
        std::memcpy(own_.at(s.value), work_.at(s.trained), size_t(s.rows * s.cols * p.item()));
        turn_state(p, {s.value, s.twin, nullptr, s.rows, s.cols}, own_.memory());
    }
}

void Validation::compute(int thread, bool alone, Barrier& barrier) {
    const Program& p = *asked_.program;
    std::vector<double>& file = files_[size_t(thread)];
    if (thread == 0) total_ = 0;
    for (int64_t begin = 0; begin < asked_.n; begin += asked_.chunk) {
        const int64_t rows = std::min(asked_.chunk, asked_.n - begin);
        if (thread == 0) take_over();
        barrier.wait();
        file[0] = double(rows);
        fill(p, file.data());
        const int64_t counter[3] = {0, 0, 0};
        Context x = context(p, own_.memory(), file.data(), rows, own_.scratch(thread));
        x.counter = counter;
        x.index = asked_.rows + begin;
        const bool last = begin + asked_.chunk >= asked_.n;
        const Schedule& schedule = alone ? (last ? single_last_ : single_) : (last ? together_last_ : together_);
        schedule.run(p, x, thread, barrier);
        if (thread == 0) total_ += read(p, own_, file.data(), asked_.loss) * double(rows);
    }
}

bool Validation::go_on(int64_t epoch) {
    const FlushToZero::Off ordinary;  // whoever checks the rule in Python counts with denormal numbers
    const double loss = total_ / double(asked_.n);
    found_.losses.push_back(loss);
    if (!rest_.finite()) return false;
    Patience& patience = found_.patience;
    if (!patience.stops) return true;
    if (patience.improves(loss)) {
        kept_.copy_finite(best_.data());
        patience.best = loss;
        patience.waited = 0;
        found_.best_epoch = epoch;
        return true;
    }
    found_.stopped = ++patience.waited >= patience.epochs;
    return !found_.stopped;
}

Validated Validation::ended() const {
    if (found_.best_epoch >= 0) kept_.unpack_copy(best_.data(), asked_.best);
    return found_;
}

}  // namespace clearprop
