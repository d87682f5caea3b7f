#!/usr/bin/env python3
"""Whether a file is SARIF 2.1.0 as `pinfuzz triage` should write it and code scanning reads it.

Usage: tests/sarif.py FILE [RULE...]: the rules that have a result, one each, in any order. Run it where
the URIs of the file start from. Exit status: 0 it is, 1 it is not.
"""
import copy
import json
import os
import re
import sys
import urllib.parse

OPERATIONS = ('pin2 pin unpin map unmap dma_write dma_read cpu_write cpu_read pressure stop start power reset '
              'irql link remove add surprise_remove').split()


def demand(holds, what):
    if not holds:
        raise ValueError(what)


def check_text(message, what):
    demand(isinstance(message, dict) and isinstance(message.get('text'), str) and message['text'], what)


def check_rule(rule):
    demand(set(rule) <= {'id', 'name', 'shortDescription', 'help', 'defaultConfiguration'}, 'a property of a rule')
    demand(isinstance(rule.get('id'), str) and rule['id'], 'a rule has an id')
    check_text(rule.get('shortDescription'), rule['id'] + ': a title')
    check_text(rule.get('help'), rule['id'] + ': help')
    demand(rule['defaultConfiguration'] == {'level': 'error'}, rule['id'] + ': its level')
    if 'name' in rule:
        demand(re.fullmatch(r'\w+', rule['name']), rule['id'] + ': its name')


def check_place(place):
    physical = place['physicalLocation']
    uri = physical['artifactLocation']['uri']
    demand(re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri) or uri.startswith('file:///'), 'a URI: ' + uri)
    path = urllib.parse.unquote(uri[len('file://'):] if uri.startswith('file://') else uri)
    demand(os.path.isfile(path), 'a file: ' + path)
    line = physical['region']['startLine']
    demand(isinstance(line, int) and line >= 1, 'a line')
    if path.endswith('.txt'):
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        demand(line <= len(lines), 'a line of the file')
        # Bringing the machine up, and taking it down, have none.
        demand(line == 1 or lines[line - 1].split()[0] in OPERATIONS, 'an operation: ' + lines[line - 1])
    for logical in place.get('logicalLocations', []):
        demand(logical['kind'] == 'function' and logical['name'], 'a function')


def check_result(result, rules):
    demand(set(result) <= {'ruleId', 'ruleIndex', 'level', 'message', 'locations', 'occurrenceCount',
                           'partialFingerprints'}, 'a property of a result')
    demand(rules[result['ruleIndex']]['id'] == result['ruleId'], 'a result has its rule')
    demand(result['level'] == 'error', 'a level')
    check_text(result['message'], 'a message')
    demand(result['message']['text'].startswith(result['ruleId']), 'a message begins with what broke')
    demand(result['occurrenceCount'] >= 1, 'a count')
    demand(len(result['locations']) == 1, 'one location')
    check_place(result['locations'][0])
    prints = result['partialFingerprints']
    demand(prints and all(isinstance(value, str) for value in prints.values()), 'fingerprints')


def check(log, wanted):
    demand(set(log) == {'$schema', 'version', 'runs'}, 'the top')
    demand(log['version'] == '2.1.0' and '2.1.0' in log['$schema'], 'the version')
    demand(len(log['runs']) == 1, 'one run')
    run = log['runs'][0]
    demand(set(run) == {'tool', 'invocations', 'results'}, 'the run')
    driver = run['tool']['driver']
    demand(driver['name'] == 'pinfuzz', 'the tool')
    demand(run['invocations'] == [{'executionSuccessful': True}], 'the invocation')
    rules = driver['rules']
    for rule in rules:
        check_rule(rule)
    demand(len({rule['id'] for rule in rules}) == len(rules), 'rules are told apart')
    for result in run['results']:
        check_result(result, rules)
    prints = [json.dumps(result['partialFingerprints']) for result in run['results']]
    demand(len(set(prints)) == len(prints), 'results are told apart')
    demand(sorted(result['ruleId'] for result in run['results']) == sorted(wanted), 'one result for each finding')


def spoilt(log):
    """Copies of a good log, each with something that must be noticed."""
    def edit(change):
        one = copy.deepcopy(log)
        change(one['runs'][0])
        return one
    yield edit(lambda run: run['results'][0].update(ruleIndex=len(run['results']) - 1, ruleId='NONE'))
    yield edit(lambda run: run['results'][0].pop('message'))
    yield edit(lambda run: run['results'].pop())
    yield edit(lambda run: run['results'][0]['locations'][0]['physicalLocation']['artifactLocation'].update(
        uri='no such file'))
    yield edit(lambda run: run['tool']['driver']['rules'].pop())
    yield edit(lambda run: run['results'].append(run['results'][0]))


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        log = json.load(file)
    try:
        check(log, sys.argv[2:])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        print('%s: %s: %r' % (sys.argv[1], type(error).__name__, error.args))
        return 1
    for one in spoilt(log) if sys.argv[2:] else ():
        try:
            check(one, sys.argv[2:])
        except (ValueError, KeyError, IndexError, TypeError):
            continue
        print('sarif: this check cannot fail')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
