// The program `tenon-opt`.
#include "driver/command_line.h"

int main(int argc, char** argv) { return tenon::driver::tenon_opt_main(argc, argv); }
