/* A network in C: network_predict answers one sample, network_predict_batch many.

   The network computes in float32. */

#include <math.h>
#include <stddef.h>

enum { NETWORK_N_INPUTS = 3, NETWORK_N_OUTPUTS = 2 };

void network_predict(const float *x, float *a);
void network_predict_batch(const float *x, size_t n, float *a);

/* Parameters: W[l] has a row for each input and a column for each unit. */
static const float C1[6][3] = {
    {0.12573022f, -0.13210486f, 0.64042264f},
    {0.104900114f, -0.5356694f, 0.36159506f},
    {1.304f, 0.94708097f, -0.70373523f},
    {-1.2654215f, -0.62327445f, 0.04132598f},
    {-2.3250308f, -0.21879166f, -1.245911f},
    {-0.7322674f, -0.544259f, -0.31630015f}
};
static const float W1[6][2] = {
    {0.5427452f, 0.4353188f},
    {0.29730487f, -0.029230123f},
    {0.35540855f, -0.39304888f},
    {0.54558736f, 0.10892181f},
    {0.113615155f, 0.75867933f},
    {0.47445992f, 0.23949777f}
};
static const float b1[2] = {0.0f, 0.0f};

/* The output a of one sample x. */
void network_predict(const float *x, float *a)
{
    double u1 = 0.0;
    for (int i = 0; i < 3; ++i)
        u1 += (double)x[i] * (double)x[i];
    double u2[6];
    for (int j = 0; j < 6; ++j) {
        double s = 0.0;
        for (int i = 0; i < 3; ++i)
            s += (double)C1[j][i] * (double)C1[j][i];
        u2[j] = s;
    }
    double u3[6];
    for (int j = 0; j < 6; ++j)
        u3[j] = 0.0;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 6; ++j)
            u3[j] += (double)x[i] * (double)C1[j][i];
    double u4[6];
    for (int j = 0; j < 6; ++j)
        u4[j] = -sqrt(0.4444444444444444 * (u1 + u2[j] - 2.0 * u3[j]) + 1e-08);
    double k1[6];
    for (int j = 0; j < 6; ++j)
        k1[j] = exp(u4[j]);
    double u5[2];
    for (int j = 0; j < 2; ++j)
        u5[j] = (double)b1[j];
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 2; ++j)
            u5[j] += k1[i] * (double)W1[i][j];
    for (int j = 0; j < 2; ++j)
        a[j] = u5[j];
}

/* The outputs of n samples, one row after the other. */
void network_predict_batch(const float *x, size_t n, float *a)
{
    for (size_t r = 0; r < n; ++r)
        network_predict(x + r * NETWORK_N_INPUTS, a + r * NETWORK_N_OUTPUTS);
}
