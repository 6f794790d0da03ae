/* --- bent */
/* (v - center)/scale, and what is far out bent: within +-limit. */
static double scaled(double v, double center, double scale, double limit)
{
    const double s = (v - center) / scale;
    return s / sqrt(1 + (s / limit) * (s / limit));
}

/* --- bounded */
/* What Python refuses, numbers beyond 1e150, are these here. */
static double bounded(double v)
{
    return v > 1e150 ? 1e150 : v < -1e150 ? -1e150 : v;
}

/* --- logarithm */
static double signed_log(double v, double unit)
{
    return v == 0 ? 0 : copysign(log1p(fabs(v) / unit), v);
}

/* --- level */
/* A place among the features of a column: -1 where a value has none. `place` is that of its level, -1 where it is none
   of them, -2 where it is missing. */
static int feature_of(int place, int own, int length, int has_missing, int is_pooled)
{
    if (place >= own || (place == -1 && is_pooled))
        return length;
    if (place == -2)
        return has_missing ? own : is_pooled ? length : -1;
    return place;
}

/* --- one hot */
static void put_level(real *x, int place, int n, real size)
{
    for (int k = 0; k < n; ++k)
        x[k] = k == place ? size : 0;
}

/* --- number level */
struct number_level {
    double value;
    int place;
};

/* Each list is in the order of its values. */
static int among_numbers(double v, const struct number_level *known, int n)
{
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (known[middle].value == v)
            return known[middle].place;
        if (known[middle].value > v)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* The level of a number: the very same, or the only one that has its digits in 32 bits. */
static int place_of_number(double v, const struct number_level *known, int n, const struct number_level *shorter, int m)
{
    const int place = among_numbers(v, known, n);
    if (place >= 0 || v == floor(v) || !(fabs(v) < 3e38))
        return place;
    return among_numbers((double)(float)v, shorter, m);
}

/* --- text level */
struct spelling {
    const char *text;
    int place;
};

/* The levels of a column of text, each list in the order of strcmp. */
struct levels {
    const struct spelling *keys, *exact, *wholes, *words;
    int n_keys, n_exact, n_wholes, n_words;
    const char *const *marks, *const *gone; /* texts and numbers that stand for a missing value */
    int n_marks, n_gone;
};

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static int among(const char *text, const struct spelling *known, int n)
{
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2, order = strcmp(text, known[middle].text);
        if (order == 0)
            return known[middle].place;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static int is_among(const char *text, const char *const *known, int n)
{
    for (int k = 0; k < n; ++k)
        if (strcmp(text, known[k]) == 0)
            return 1;
    return 0;
}

/* A text without blanks around it; 0 where it is longer than what is known. */
static int trimmed(const char *text, char *out)
{
    size_t n;
    while (is_blank(*text))
        ++text;
    n = strlen(text);
    while (n > 0 && is_blank(text[n - 1]))
        --n;
    if (n > LONGEST)
        return 0;
    memcpy(out, text, n);
    out[n] = '\0';
    return 1;
}

/* A text without capitals and without blanks around it, those within as one: of ASCII's alone. */
static int key_of(const char *text, char *out)
{
    size_t n = 0, gap = 0;
    for (; *text; ++text) {
        const char c = *text;
        if (is_blank(c)) {
            gap = n > 0;
            continue;
        }
        if (n + gap >= LONGEST)
            return 0;
        if (gap)
            out[n++] = ' ';
        gap = 0;
        out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    out[n] = '\0';
    return 1;
}

/* Digits without zeros that say nothing: 0 where it is no number, 1 where it is a whole one, 2 for others. */
static int digits_of(const char *text, char *out)
{
    const char *digit = text + (*text == '+' || *text == '-'), *end;
    size_t n = 0;
    int fraction = 0;
    if (!(*digit >= '0' && *digit <= '9'))
        return 0;
    while (*digit == '0' && digit[1] >= '0' && digit[1] <= '9')
        ++digit;
    for (end = digit; (*end >= '0' && *end <= '9') || (*end == '.' && !fraction); ++end)
        fraction |= *end == '.';
    if (*end != '\0')
        return 0;
    if (fraction) {
        while (end[-1] == '0')
            --end;
        fraction = end[-1] != '.';
        end -= !fraction;
    }
    if (*text == '-' && !(end == digit + 1 && *digit == '0'))
        out[n++] = '-';
    memcpy(out + n, digit, (size_t)(end - digit));
    out[n + (size_t)(end - digit)] = '\0';
    return 1 + fraction;
}

/* The level of a text: its own spelling, or the only one that it can be in other clothes; -1 where it is none of them,
   -2 where it is missing. */
static int place_of_text(const char *text, const struct levels *of)
{
    char own[LONGEST + 1], key[LONGEST + 1], digits[LONGEST + 2];
    int place, kind;
    if (text == NULL)
        return -2;
    if (trimmed(text, own)) {
        if (own[0] == '\0' || is_among(own, of->marks, of->n_marks))
            return -2;
        place = among(own, of->exact, of->n_exact);
        if (place >= 0)
            return place;
    }
    if (!key_of(text, key))
        return -1;
    kind = digits_of(key, digits);
    if (kind && is_among(digits, of->gone, of->n_gone))
        return -2;
    place = among(key, of->keys, of->n_keys);
    if (place < 0 && kind == 1)
        place = among(digits, of->wholes, of->n_wholes);
    return place >= 0 ? place : among(kind == 1 ? digits : key, of->words, of->n_words);
}

/* --- days */
/* Days since 1970-01-01. Source: Hinnant, chrono-compatible low-level date algorithms. */
static int64_t days_of(int64_t year, int month, int day)
{
    const int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* --- parts */
struct date_parts {
    double year, month, day, weekday, hour;
};

static struct date_parts parts_of(int64_t given)
{
    const int64_t a_day = 86400000000, far = 9200000000000000000; /* beyond which nothing can be subtracted */
    const int64_t us = given < -far ? -far : given > far ? far : given;
    const int64_t days = us / a_day - (us % a_day < 0), of_day = us - days * a_day;
    const int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    const int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    const int month = (int)(m < 10 ? m + 3 : m - 9);
    const int64_t year = y + era * 400 + (month <= 2);
    struct date_parts found;
    found.year = (double)year + (double)(us - days_of(year, 1, 1) * a_day) / 86.4e9 / 366;
    found.month = (double)(month - 1);
    found.day = (double)(of_year - (153 * m + 2) / 5 + 1);
    found.weekday = (double)(((days + 3) % 7 + 7) % 7);
    found.hour = (double)of_day / 3.6e9;
    return found;
}
