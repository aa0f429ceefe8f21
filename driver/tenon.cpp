// The program `tenon`.
#include "driver/command_line.h"

int main(int argc, char** argv) { return tenon::driver::tenon_main(argc, argv); }
