/* Shows the compiled model at work: each held-out digit as text, and what the model says it is.
   64 pixels go in, ten probabilities come out; the arena below is all the memory that a run needs.
   Exit status: 0, or 1 if the library refuses a call. A digit that is read wrongly is no error. */
#include <stdio.h>
#include "digits.h"
#include "samples.h"

TN_ALIGN(DIGITS_ARENA_ALIGN) static unsigned char arena[DIGITS_ARENA_BYTES(1)];
static float image[8 * 8];
static float probabilities[10];

/* Two characters a pixel, because a character is about twice as high as wide. */
static void print_row(const unsigned char pixels[8]) {
  static const char shades[] = " .:-=+*#%";
  int column;
  for (column = 0; column < 8; ++column) {
    const char shade = shades[pixels[column] / 2]; /* 0 to 16 -> 0 to 8 */
    printf("%c%c", shade, shade);
  }
}

static int most_probable(void) {
  int best = 0, digit;
  for (digit = 1; digit < 10; ++digit)
    if (probabilities[digit] > probabilities[best]) best = digit;
  return best;
}

static int refused(const char* call, int status) {
  fprintf(stderr, "%s: %s\n", call, digits_status_text(status));
  return 1;
}

int main(void) {
  digits_model model;
  digits_io io;
  int sample, row, column, right = 0;
  int status = digits_open(&model, DIGITS_ABI, NULL, 0);
  if (status != TN_OK) return refused("digits_open", status);

  io.image = image;
  io.probabilities = probabilities;
  for (sample = 0; sample < SAMPLE_COUNT; ++sample) {
    const unsigned char(*pixels)[8] = samples[sample].pixels;
    const int label = samples[sample].label;
    int answer;
    for (row = 0; row < 8; ++row)
      for (column = 0; column < 8; ++column) image[row * 8 + column] = pixels[row][column];
    status = digits_run(&model, &io, arena, sizeof arena, NULL);
    if (status != TN_OK) return refused("digits_run", status);

    answer = most_probable();
    right += answer == label;
    for (row = 0; row < 8; ++row) {
      printf("  ");
      print_row(pixels[row]);
      if (row == 3) printf("   the model says %d (%.1f %%)", answer, 100.0 * probabilities[answer]);
      if (row == 4) printf("   it is a %d: %s", label, answer == label ? "right" : "wrong");
      printf("\n");
    }
    printf("\n");
  }
  printf("%d of %d digits right\n", right, SAMPLE_COUNT);
  return 0;
}
