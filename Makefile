# Tenon. `make help` lists what can be asked for.
#
# One set of rules builds every variant; VARIANT chooses flags and the folder below build/.

VARIANT ?= release
CC      ?= cc
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
SOVERSION := 0

B := build/$(VARIANT)

# uthash and xxhash are headers alone; LMDB and libedit come with the parts that use them.
PACKAGES := build-essential pkg-config uthash-dev libcjson-dev libxxhash-dev liblmdb-dev libcmocka-dev
CJSON_CFLAGS := $(shell pkg-config --cflags libcjson 2>/dev/null)
CJSON_LIBS   := $(shell pkg-config --libs libcjson 2>/dev/null || echo -lcjson)
CMOCKA_LIBS  := $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wno-format-truncation -Wno-unknown-warning-option -Werror
CPPFLAGS += -Icore -D_GNU_SOURCE -DTN_VERSION='"$(VERSION)"' $(CJSON_CFLAGS)
FLAGS    := -std=c11 -g -fPIC -fvisibility=hidden -pthread $(WARNINGS)
LIBS     := $(CJSON_LIBS) -ldl -lm -pthread

FLAGS_release  := -O2 -DNDEBUG
FLAGS_asan     := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan     := -O1 -fno-omit-frame-pointer -fsanitize=thread
FLAGS_debug    := -O0
FLAGS_coverage := -O0 --coverage
ALL_CFLAGS = $(FLAGS) $(FLAGS_$(VARIANT)) $(CFLAGS)

LIB_SOURCES  := $(wildcard core/*.c models/*/*.c storage/*/*.c formatters/*/*.c)
CLI_SOURCES  := $(wildcard cli/*.c)
TEST_SUPPORT := $(wildcard tests/support/*.c)
TESTS        := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(B)/%.o)
CLI_OBJECTS  := $(CLI_SOURCES:%.c=$(B)/%.o)
SUPPORT_OBJECTS := $(TEST_SUPPORT:%.c=$(B)/%.o)

.PHONY: all lib help deps run test tests tsan clean format install
all: build/tenon lib

build/tenon: $(B)/tenon
	@ln -sfn $(VARIANT)/tenon $@
lib: $(B)/libtenon.a $(B)/libtenon.so.$(SOVERSION)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  cc $@'
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libtenon.a: $(LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/libtenon.so.$(SOVERSION): $(LIB_OBJECTS)
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libtenon.so.$(SOVERSION) -o $@ $^ $(LIBS)

$(B)/tenon: $(CLI_OBJECTS) $(B)/libtenon.a
	@echo '  ld $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/test_%: $(B)/tests/test_%.o $(SUPPORT_OBJECTS) $(B)/libtenon.a
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(CMOCKA_LIBS) $(LIBS)
$(B)/tests/%.o $(B)/tests/support/%.o: CPPFLAGS += -Itests -I.

# Plugins for the tests: odd_VERSION.so, refused_FAULT.so.
TEST_PLUGINS := $(patsubst %,$(B)/tests/plugins/odd_%.so,1 2) \
                $(patsubst %,$(B)/tests/plugins/refused_%.so,1 2 3 4 5 6 7 8 9 10)
$(B)/tests/%.o: CPPFLAGS += -DTEST_PLUGINS='"$(B)/tests/plugins"'
$(B)/tests/plugins/odd_%.so: tests/plugins/odd.c core/tenon_plugin.h core/tenon_value.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(FLAGS) -O1 -DVERSION=$* -shared -o $@ $<
$(B)/tests/plugins/refused_%.so: tests/plugins/refused.c core/tenon_plugin.h core/tenon_value.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(FLAGS) -O1 -DFAULT=$* -shared -o $@ $<

tests: $(TESTS:%=$(B)/tests/%) $(TEST_PLUGINS) $(B)/tenon

# ASan, UBSan and asserts; ends with `N passed, N failed`.
test:
	@$(MAKE) --no-print-directory VARIANT=asan tests
	@tests/run build/asan/tests

tsan:
	@$(MAKE) --no-print-directory VARIANT=tsan tests
	@TENON_PROGRAM=build/tsan/tenon tests/run build/tsan/tests

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
