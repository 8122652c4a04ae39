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

# README.md says what each is for.
PACKAGES := build-essential pkg-config uthash-dev libcjson-dev libxxhash-dev libpcre2-dev liblmdb-dev libedit-dev libcmocka-dev
CJSON_CFLAGS := $(shell pkg-config --cflags libcjson 2>/dev/null)
CJSON_LIBS   := $(shell pkg-config --libs libcjson 2>/dev/null || echo -lcjson)
CMOCKA_LIBS  := $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)
# Storage "lmdb". Without it the library is built without that storage; LMDB_LIBS= on the command line does the same.
LMDB_CFLAGS  := $(shell pkg-config --cflags lmdb 2>/dev/null)
LMDB_LIBS    := $(shell pkg-config --libs lmdb 2>/dev/null)
# Regular expressions of filters. Without it the library is built without the models that have filters.
PCRE2_CFLAGS := $(shell pkg-config --cflags libpcre2-8 2>/dev/null)
PCRE2_LIBS   := $(shell pkg-config --libs libpcre2-8 2>/dev/null)
# The line editor of the prompt. Without it the program is built with cli/editor_none.c.
EDIT_LIBS    := $(shell pkg-config --libs libedit 2>/dev/null)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Werror
# Texts of errors are cut to fit on purpose; clang has no such warning.
ifeq (,$(findstring clang,$(shell $(CC) --version 2>/dev/null)))
WARNINGS += -Wno-format-truncation
# gcc loses track of what is set behind a status where it also instruments.
FLAGS_tsan := -Wno-maybe-uninitialized
endif
CPPFLAGS += -Icore -Imodels -Istorage -D_GNU_SOURCE -DTN_VERSION='"$(VERSION)"' $(CJSON_CFLAGS) $(LMDB_CFLAGS) $(PCRE2_CFLAGS)
FLAGS    := -std=c11 -g -fPIC -fvisibility=hidden -pthread $(WARNINGS)
LIBS     := $(CJSON_LIBS) $(LMDB_LIBS) $(PCRE2_LIBS) -ldl -lm -pthread

FLAGS_release  := -O2 -DNDEBUG
FLAGS_asan     := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan     += -O1 -fno-omit-frame-pointer -fsanitize=thread
FLAGS_debug    := -O0
FLAGS_crash    := -O2
FLAGS_coverage := -O0 --coverage
FLAGS_fuzz     := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ALL_CFLAGS = $(FLAGS) $(FLAGS_$(VARIANT)) $(CFLAGS)

LEFT_OUT     := $(if $(LMDB_LIBS),,storage/lmdb/%) $(if $(PCRE2_LIBS),,models/query/% models/document/% models/graph/%)
LIB_SOURCES  := $(filter-out $(LEFT_OUT),$(wildcard core/*.c models/*/*.c storage/*/*.c formatters/*/*.c))
CLI_SOURCES  := $(filter-out cli/editor_$(if $(EDIT_LIBS),none,libedit).c,$(wildcard cli/*.c))
TESTS        := $(filter-out $(if $(PCRE2_LIBS),,test_query_% test_document% test_graph% test_cli_documents test_cli_graph), \
                  $(patsubst tests/%.c,%,$(wildcard tests/test_*.c tests/crash/test_*.c)))
TEST_SUPPORT := $(filter-out tests/support/mirrored_io.c tests/crash/test_%,$(wildcard tests/support/*.c tests/crash/*.c))
LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(B)/%.o)
CLI_OBJECTS  := $(CLI_SOURCES:%.c=$(B)/%.o)
SUPPORT_OBJECTS := $(TEST_SUPPORT:%.c=$(B)/%.o)

# What `make bench` compares with; each is optional. PEER:NAME is bench/peers/PEER.c and its name for pkg-config.
BENCH_PACKAGES := liblmdb-dev libsqlite3-dev librocksdb-dev libhiredis-dev redis-server tarantool libpq-dev postgresql
BENCH_PEERS    := lmdb:lmdb sqlite:sqlite3 sqlite_documents:sqlite3 sqlite_graph:sqlite3 lmdb_graph:lmdb rocksdb:rocksdb redis:hiredis postgres:libpq
BENCH_HAVE     := $(foreach p,$(BENCH_PEERS),$(shell pkg-config --exists $(lastword $(subst :, ,$p)) && echo $p))
BENCH_PKGS     := $(sort $(foreach p,$(BENCH_HAVE),$(lastword $(subst :, ,$p))))
BENCH_SOURCES  := $(wildcard bench/*.c) $(patsubst %,bench/peers/%.c,cjson csr raw tarantool uthash) \
                  $(foreach p,$(BENCH_HAVE),bench/peers/$(firstword $(subst :, ,$p)).c)
BENCH_OBJECTS  := $(BENCH_SOURCES:%.c=$(B)/%.o)
BENCH_CFLAGS   := $(if $(BENCH_PKGS),$(shell pkg-config --cflags $(BENCH_PKGS)))
BENCH_LIBS     := $(if $(BENCH_PKGS),$(shell pkg-config --libs $(BENCH_PKGS)))

.PHONY: FORCE all lib help deps have-deps run test tests tsan crash bench bench-deps fuzz fuzzers coverage format install \
        install-docs clean
all: build/tenon lib

help:
	@echo 'make            the library and the program (build/tenon)'
	@echo 'make run        installs what is missing, builds, and gives a tour on real data'
	@echo 'make test       every test, with ASan, UBSan and asserts; installs what is missing'
	@echo 'make tsan       the same under ThreadSanitizer'
	@echo 'make crash      the crash lab at length, CRASH_SECONDS for each drawn search, from CRASH_SEED; tests/crash/README.md'
	@echo 'make fuzz       libFuzzer over readers and parsers, FUZZ_SECONDS each; needs clang'
	@echo 'make bench      Tenon beside its peers, in one run; QUICK=1 for a look, ONLY=PATTERNS for some workloads'
	@echo 'make bench-deps the peers, by apt-get; those that are missing are left out'
	@echo 'make coverage   line and branch coverage of core/ and storage/'
	@echo 'make install    DESTDIR and PREFIX (/usr/local) as usual'
	@echo 'make deps       what building and testing needs, by apt-get'
	@echo 'make format     clang-format over all sources'
	@echo 'make clean'

# Root, or sudo where there is one.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
deps:
	$(SUDO) apt-get update -q
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(PACKAGES)

# Installs only where a package is missing; a system without dpkg is taken to have them.
have-deps:
	@if command -v dpkg-query >/dev/null && \
	    dpkg-query -W -f '$${Status}\n' $(PACKAGES) 2>&1 | grep -qv '^install ok installed$$'; then \
	  $(MAKE) --no-print-directory deps; \
	fi

run: have-deps
	@$(MAKE) --no-print-directory all
	@TENON=build/tenon examples/tour/tour.sh build/tour

build/tenon: $(B)/tenon
	@ln -sfn $(VARIANT)/tenon $@
lib: $(B)/libtenon.a $(B)/libtenon.so.$(SOVERSION)

# Changes when another set of libraries is built with, so that what depends on it is built again.
$(B)/with: FORCE
	@mkdir -p $(@D)
	@echo '$(LMDB_LIBS) $(PCRE2_LIBS)' | cmp -s - $@ || echo '$(LMDB_LIBS) $(PCRE2_LIBS)' >$@
FORCE:
$(B)/core/builtins.o $(SUPPORT_OBJECTS) $(TESTS:%=$(B)/tests/%.o): $(B)/with
$(B)/core/builtins.o $(B)/tests/%.o: CPPFLAGS += $(if $(LMDB_LIBS),-DTN_WITH_LMDB) $(if $(PCRE2_LIBS),-DTN_WITH_PCRE2)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  cc $@'
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libtenon.a: $(LIB_OBJECTS)
	@$(if $(LMDB_LIBS),,echo '  lmdb was not found: there will be no storage "lmdb"')
	@$(if $(PCRE2_LIBS),,echo '  libpcre2-8 was not found: there will be no model "document"')
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/libtenon.so.$(SOVERSION): $(LIB_OBJECTS)
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libtenon.so.$(SOVERSION) -o $@ $^ $(LIBS)

$(B)/tenon: $(CLI_OBJECTS) $(B)/libtenon.a
	@echo '  ld $@'
	@$(if $(EDIT_LIBS),,echo '  libedit was not found: `tenon run` will have no prompt')
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(EDIT_LIBS) $(LIBS)

# Objects are added to some of them below, so the library is put behind.
$(TESTS:%=$(B)/tests/%): %: %.o $(SUPPORT_OBJECTS) $(B)/libtenon.a
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.a,$^) $(filter %.a,$^) $(CMOCKA_LIBS) $(LIBS)
$(B)/tests/%.o: CPPFLAGS += -Itests -I.
# Parts of the program that are tested without it.
$(B)/tests/test_table: $(addprefix $(B)/cli/,table.o pretty.o text.o)
$(B)/tests/test_complete: $(addprefix $(B)/cli/,complete.o describe.o text.o)
$(B)/tests/test_prompt: LDFLAGS += -lutil
# It takes the place of system calls, so it is in no other one.
$(B)/tests/crash/test_lmdb_states: $(B)/tests/support/mirrored_io.o
$(B)/tests/test_engine_lmdb: | $(addprefix $(B)/tests/test_,engine feed threads plugins)

# Plugins for the tests: handler.so, odd_VERSION.so, refused_FAULT.so.
TEST_PLUGINS := $(B)/tests/plugins/handler.so $(patsubst %,$(B)/tests/plugins/odd_%.so,1 2) \
                $(patsubst %,$(B)/tests/plugins/refused_%.so,1 2 3 4 5 6 7 8 9 10 11 12)
$(B)/tests/%.o: CPPFLAGS += -DTEST_PLUGINS='"$(B)/tests/plugins"' -DTEST_BUILD='"$(B)"'
$(B)/tests/plugins/odd_%.so: tests/plugins/odd.c core/tenon_plugin.h core/tenon_value.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(FLAGS) -O1 -DVERSION=$* -shared -o $@ $<
$(B)/tests/plugins/refused_%.so: tests/plugins/refused.c core/tenon_plugin.h core/tenon_value.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(FLAGS) -O1 -DFAULT=$* -shared -o $@ $<
$(B)/tests/plugins/handler.so: tests/plugins/handler.c core/tenon_plugin.h core/tenon_value.h
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(FLAGS) -O1 -shared -o $@ $<
# What support/handler.h needs.
$(addprefix $(B)/tests/,$(filter test_query_% test_document_%,$(TESTS))): | $(B)/tests/plugins/handler.so

$(B)/hello: examples/hello/hello.c $(B)/libtenon.a
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

tests: $(TESTS:%=$(B)/tests/%) $(TEST_PLUGINS) $(B)/tenon $(B)/hello $(B)/bench/bench

# ASan, UBSan and asserts; ends with `N passed, N failed`.
test: have-deps
	@$(MAKE) --no-print-directory VARIANT=asan tests
	@tests/run build/asan/tests $(TESTS)

tsan:
	@$(MAKE) --no-print-directory VARIANT=tsan tests
	@TENON_PROGRAM=build/tsan/tenon tests/run build/tsan/tests $(TESTS)

# The crash lab, optimised and with asserts: each drawn search goes on for CRASH_SECONDS, from a seed that is printed.
CRASH_SECONDS ?= 300
CRASH_SEED    ?= $(shell date +%s)
crash:
	@$(MAKE) --no-print-directory VARIANT=crash $(patsubst %,build/crash/tests/%,$(filter crash/%,$(TESTS)))
	@for t in $(filter crash/%,$(TESTS)); do \
	  echo "$$t:"; \
	  CRASH_SECONDS=$(CRASH_SECONDS) CRASH_SEED=$(CRASH_SEED) build/crash/tests/$$t || exit 1; \
	done

# libFuzzer, each target for FUZZ_SECONDS, from tests/fuzz/seeds; what it finds stays in build/fuzz.
FUZZ_SECONDS ?= 60
FUZZERS := $(filter-out $(if $(LMDB_LIBS),,lmdb) $(if $(PCRE2_LIBS),,query),$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SUPPORT := $(patsubst %.c,$(B)/%.o,$(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c)))
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(FUZZ_SUPPORT) $(B)/tests/support/recorded_io.o $(B)/cli/line.o $(B)/cli/described.o $(B)/libtenon.a
	@$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/fuzz/fuzz_query: $(B)/tests/support/array_world.o
# Without libFuzzer all targets are in one test, each under its own name.
$(B)/tests/test_fuzz: $(FUZZERS:%=$(B)/tests/fuzz/fuzz_%.o) $(FUZZ_SUPPORT)
$(B)/tests/test_fuzz.o: CPPFLAGS += -DFUZZ_TARGETS='${FUZZERS:%=TARGET(%)}'
ifneq ($(VARIANT),fuzz)
$(B)/tests/fuzz/fuzz_%.o: CPPFLAGS += -DLLVMFuzzerTestOneInput=$(patsubst fuzz_%,target_%,$(notdir $*))
endif
fuzzers: $(FUZZERS:%=$(B)/tests/fuzz/fuzz_%)
fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang fuzzers
	@for f in $(FUZZERS); do \
	  mkdir -p build/fuzz/corpus/$$f; \
	  echo "$$f: $(FUZZ_SECONDS) s"; \
	  build/fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 -rss_limit_mb=4096 \
	    -artifact_prefix=build/fuzz/$$f- build/fuzz/corpus/$$f tests/fuzz/seeds/$$f 2>&1 | \
	    grep -E 'ERROR|SUMMARY|number_of_executed|Test unit' ; \
	  ls build/fuzz/$$f-* 2>/dev/null && exit 1 || true; \
	done

$(B)/bench/%.o: CPPFLAGS += $(BENCH_CFLAGS) -DBENCH_SCRIPTS='"$(CURDIR)/bench/peers"'
$(B)/bench/bench: $(BENCH_OBJECTS) $(B)/libtenon.a
	@echo '  ld $@'
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS) $(LIBS)

bench: have-deps
	@$(MAKE) --no-print-directory VARIANT=release build/release/bench/bench
	@build/release/bench/bench $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)')

bench-deps:
	$(SUDO) apt-get update -q
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(BENCH_PACKAGES)

coverage:
	@$(MAKE) --no-print-directory VARIANT=coverage tests
	@TENON_PROGRAM=build/coverage/tenon tests/run build/coverage/tests $(TESTS)
	@lcov --quiet --capture --rc lcov_branch_coverage=1 --directory build/coverage --output-file build/coverage/all.info
	@lcov --quiet --rc lcov_branch_coverage=1 --extract build/coverage/all.info '$(CURDIR)/core/*' '$(CURDIR)/storage/*' \
	  --output-file build/coverage/tenon.info
	@lcov --rc lcov_branch_coverage=1 --list build/coverage/tenon.info
	@tests/uncovered -v root='$(CURDIR)' build/coverage/tenon.info >build/coverage/uncovered.txt
	@echo 'what no test went through, by file and line: build/coverage/uncovered.txt'

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include/tenon
MANDIR     ?= $(PREFIX)/share/man
install: all install-docs
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)
	install -m 755 $(B)/tenon $(DESTDIR)$(PREFIX)/bin/tenon
	install -m 644 $(B)/libtenon.a $(DESTDIR)$(LIBDIR)/libtenon.a
	install -m 755 $(B)/libtenon.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libtenon.so.$(SOVERSION)
	ln -sfn libtenon.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libtenon.so
	install -m 644 core/tenon.h core/tenon_base.h core/tenon_value.h core/tenon_plugin.h core/tenon_cjson.h $(DESTDIR)$(INCLUDEDIR)
	printf '%s\n' 'Name: tenon' 'Description: transactional core for pluggable data models' 'Version: $(VERSION)' \
	  'Cflags: -I$(INCLUDEDIR)' 'Libs: -L$(LIBDIR) -ltenon' 'Requires.private: libcjson' 'Libs.private: $(strip $(LMDB_LIBS) $(PCRE2_LIBS) -ldl -lm -pthread)' \
	  >$(DESTDIR)$(LIBDIR)/pkgconfig/tenon.pc

# Man pages and completion: what needs no building.
install-docs:
	install -d $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(wildcard docs/man/*.1) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(wildcard docs/man/*.3) $(DESTDIR)$(MANDIR)/man3
	install -m 644 $(wildcard docs/man/*.5) $(DESTDIR)$(MANDIR)/man5
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 cli/completion/tenon.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tenon
	install -m 644 cli/completion/_tenon $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tenon

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
