# Two commands matter: `make demo` and `make test`. Both set up what they need (see build/setup.sh) and can be run again cheaply.

PY := .venv/bin/python
WORK := build/made
COVERED := $(wildcard tests/pure tests/properties tests/providers tests/memory tests/transport)
OTHERS := $(sort $(filter-out $(COVERED),$(patsubst %/,%,$(dir $(wildcard tests/*/test_*.py)))))
CLIENTS := udhcpc isc-dhcp-client=dhclient dhcpcd-base=dhcpcd ifupdown=ifup dnsmasq-base=dnsmasq
SHELL_FILES = $(shell git ls-files '*.sh' .ci/run 'hooks/*' | xargs -r grep -lE '^\#!.*[/ ](da|ba)?sh' 2>/dev/null)

.PHONY: all demo test exe bench setup lint types shell pure rest budget exe-static exe-all test-static twice-static packages test-frozen test-heavy test-lab test-clients test-vm test-servers test-oracles fuzz cost lock clean help budget-static
.DEFAULT_GOAL := help

help:
	@echo 'make demo         set up, then publish this machine'"'"'s address to a faithful server on loopback'
	@echo 'make test         set up, then every gate and test (about 5 minutes); heavier: make test-frozen, make fuzz, make bench'
	@echo 'make exe          one executable file: dist/edge-agent'
	@echo 'make exe-static   one static executable that unpacks nothing: dist/static/edge-agent-x86_64; make exe-all: for routers, too'
	@echo 'make packages     .deb, .ipk, .tar.gz, bills of materials and sums from the static executables that are there: dist/packages/'
	@echo 'make test-clients udhcpc, dhclient, dhcpcd and ifupdown against dnsmasq in namespaces, calling our hooks (root; 4 to 5 minutes)'
	@echo 'make test-vm      pppd over a pty and over PPPoE, in virtual machines with Debian'"'"'s kernel, calling our hooks (root; 3 to 8 minutes)'
	@echo 'make test-servers BIND, Knot and PowerDNS, updated by RFC 2136 and by HTTP (1 to 2 minutes)'
	@echo 'make test-oracles official SDKs, other clients, moto and nsupdate.info at the same fakes as our providers (2 to 4 minutes)'
	@echo 'make bench        our executables, our source and other clients side by side; growth with 1 to 1,000 names; a day on a router'
	@echo 'make lock         renew build/requirements/*.txt from pyproject.toml'

setup:
	@build/setup.sh dev

demo: setup
	@$(PY) -m build.demo

test: setup
	@rm -rf $(WORK)/reports && mkdir -p $(WORK)/reports
	@$(MAKE) --no-print-directory lint types shell exe budget
	@ended=0; $(MAKE) --no-print-directory -k -j2 -Otarget pure rest || ended=1; \
	$(PY) -m build.total $(WORK)/reports || ended=1; \
	echo 'heavier, not run here: make test-frozen (killed at any moment), test-heavy, test-clients (real DHCP clients), test-vm (pppd),'; \
	echo 'test-servers (BIND, Knot, PowerDNS), test-oracles (official SDKs), test-static, fuzz, bench; .ci/run runs them all, within half an hour'; exit $$ended

lint: setup
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@echo 'ruff: clean'

types: setup
	@.venv/bin/mypy

shell: setup
	@shellcheck $(SHELL_FILES)
	@echo 'shellcheck: clean ($(words $(SHELL_FILES)) files)'

# The pure layers are held to every branch; what is missing is printed by line.
pure: setup
	@mkdir -p $(WORK)/reports
	@.venv/bin/coverage run -m pytest -q --junitxml=$(WORK)/reports/pure.xml $(COVERED)
	@.venv/bin/coverage report --skip-covered --fail-under=100

rest: setup exe
	@mkdir -p $(WORK)/reports
	@.venv/bin/pytest -q -n 3 -m 'not heavy' --junitxml=$(WORK)/reports/rest.xml $(OTHERS)

exe: setup
	@$(PY) -m build.freeze

# Slow only once: what the sources, the compiler and the steps have made is kept outside the clone, see build/static/cache.py.
STATIC_NEEDS = make patch perl xz-utils=xz

exe-static:
	@build/setup.sh dev $(STATIC_NEEDS)
	@$(PY) -m build.static.make x86_64

exe-all:
	@build/setup.sh dev $(STATIC_NEEDS)
	@$(PY) -m build.static.make all

test-static: exe exe-static
	@build/setup.sh dev qemu-user-static=qemu-aarch64-static strace
	@TESTED_EXE=dist/static/edge-agent-x86_64 .venv/bin/pytest -q -n 2 tests/frozen tests/static
	@TESTED_EXE=dist/static/edge-agent-x86_64 .venv/bin/pytest -q -n 2 -k frozen tests/lab

# As long as a first build: once more from another folder, with nothing kept, and compared octet by octet.
twice-static: exe-static
	@$(PY) -m build.static.twice x86_64

packages: exe-static
	@$(PY) -m build.packages

budget: exe
	@$(PY) -m build.check_budget

# The static executable beside the stock one, in turn; what holds its memory: python -m build.breakdown.
budget-static: exe exe-static
	@$(PY) -m build.check_static

test-frozen: exe
	@.venv/bin/pytest -q -n 2 tests/frozen

# What is slow but needs no further packages: a service manager in namespaces, hundreds of children, a storm of announcements.
test-heavy: exe
	@.venv/bin/pytest -q -n 3 -m heavy tests/install tests/lab tests/packages tests/watch

test-lab: setup
	@.venv/bin/pytest -q tests/lab

# Storms take the whole machine, so they come after the others, which wait most of the time.
test-clients: exe
	@build/setup.sh dev $(CLIENTS)
	@began=$$(date +%s); ended=0; \
	.venv/bin/pytest -q -n 6 --ignore=tests/clients/test_storm.py tests/clients || ended=1; \
	.venv/bin/pytest -q tests/clients/test_storm.py || ended=1; \
	echo "test-clients: $$(($$(date +%s) - began)) s"; exit $$ended

# Figures as they come: one line for each scenario.
test-vm: exe
	@build/setup.sh dev qemu-system-x86=qemu-system-x86_64 cpio kmod=modprobe ppp=pppd pppoe=pppoe-server
	@began=$$(date +%s); ended=0; .venv/bin/pytest -q -s tests/vm || ended=1; echo "test-vm: $$(($$(date +%s) - began)) s"; exit $$ended

# Real name servers: BIND, Knot and PowerDNS, updated by RFC 2136 and by HTTP.
DNSSERVERS := bind9=named bind9-dnsutils=nsupdate knot=knotd pdns-server=pdns_server

test-servers: setup
	@build/setup.sh dev $(DNSSERVERS) pdns-backend-sqlite3=/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql
	@.venv/bin/pytest -q -n 2 tests/dnsservers

# Official SDKs, other clients and other servers, in an environment of their own.
test-oracles: setup
	@build/setup.sh dev $(DNSSERVERS) pdns-backend-sqlite3=/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql ddclient
	@VENV=.venv-oracles build/setup.sh oracles
	@.venv-oracles/bin/python -m pytest -q -n 2 tests/oracles

fuzz: setup
	@.venv/bin/pytest -q -n 2 --hypothesis-profile=fuzz tests/properties
	@$(PY) -m tests.fuzz_rtnetlink 20

bench: exe
	@$(PY) -m build.bench
	@$(PY) -m build.day

# What one more provider takes, beside other projects.
cost: setup
	@$(PY) -m build.cost

lock: setup
	@.venv/bin/python -m pip install --quiet --target $(WORK)/uv uv
	@for what in run dev oracles; do \
		group=; [ $$what = run ] || group="--group $$what"; \
		$(WORK)/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			pyproject.toml $$group -o build/requirements/$$what.txt || exit 1; done

clean:
	rm -rf $(WORK) dist
