/*
 * SARIF 2.1.0, as code scanning reads it: one rule and one result for each finding. A death is placed at the
 * function it came from; a broken clause at the operation of the program that breaks it, for nobody knows the
 * line that should have been there.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/triage.h"

/* ---- JSON ---- */

/* All that is written is ASCII, or from somebody's file name or report: then a '?' does. */
static void put_text(FILE *file, const char *text) {
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            fprintf(file, "\\u%04x", c);
        else
            fputc(c < 0x80 ? c : '?', file);
    }
}

static void put_string(FILE *file, const char *text) {
    fputc('"', file);
    put_text(file, text);
    fputc('"', file);
}

/* A path as a URI: relative to the working directory where it is below that. */
static void put_uri(FILE *file, const char *path) {
    char here[TRIAGE_PATH];
    size_t length = getcwd(here, sizeof(here)) ? strlen(here) : 0;
    if (length > 0 && strncmp(path, here, length) == 0 && path[length] == '/')
        path += length + 1;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    fputs(path[0] == '/' ? "\"file://" : "\"", file);
    for (; *path != 0; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~/", c) != NULL;
        fprintf(file, plain ? "%c" : "%%%02X", c);
    }
    fputc('"', file);
}

/* ---- places ---- */

/* The line of an operation in a text; 0 when the file is none. */
static unsigned line_of(const char *path, uint32_t op) {
    char line[2 * TEXT_LINE_MAX];
    unsigned number = 0;
    FILE *file = fopen(path, "r");
    bool begins = true; /* a longer line comes in parts */
    unsigned found = 0;
    while (file && found == 0 && fgets(line, sizeof(line), file)) {
        const char *word = line + strspn(line, " \t");
        number += begins;
        if (begins && *word != '#' && *word != '\n' && *word != '\r' && *word != 0 &&
            strncmp(word, "machine", 7) != 0 && strncmp(word, "adapter", 7) != 0 && op-- == 0)
            found = number;
        begins = strchr(line, '\n') != NULL;
    }
    if (file)
        fclose(file);
    return found;
}

static void put_location(FILE *file, const struct triage_group *group, const char *path) {
    const struct contract_row *row = group->verdict.died ? NULL : &contract_table[group->verdict.outcome];
    char program[TRIAGE_PATH + 16];
    const char *place = group->file;
    unsigned line = group->line;
    if (group->file[0] == 0) {
        snprintf(program, sizeof(program), group->place[0] != 0 ? "%s/program.txt" : "%s",
                 group->place[0] != 0 ? group->place : path);
        place = program;
        size_t length = strlen(program);
        bool text = length > 4 && strcmp(program + length - 4, ".txt") == 0;
        line = text && group->op < RUN_END ? line_of(program, group->op) : 0;
    }
    fprintf(file, "          \"locations\": [\n            {\n              \"physicalLocation\": {\n"
                  "                \"artifactLocation\": {\"uri\": ");
    put_uri(file, place);
    fprintf(file, "},\n                \"region\": {\"startLine\": %u}\n              }", line ? line : 1);
    const char *function = row ? row->function : group->function;
    if (function[0] != 0) {
        fprintf(file, ",\n              \"logicalLocations\": [{\"name\": ");
        put_string(file, function);
        fprintf(file, ", \"kind\": \"function\"}]");
    }
    fprintf(file, "\n            }\n          ],\n");
}

/* ---- rules and results ---- */

static void put_rule(FILE *file, const struct triage_group *group) {
    const struct contract_row *row = group->verdict.died ? NULL : &contract_table[group->verdict.outcome];
    fprintf(file, "            {\n              \"id\": ");
    put_string(file, group->key);
    if (row) {
        fprintf(file, ",\n              \"name\": ");
        put_string(file, row->function);
    }
    fprintf(file, ",\n              \"shortDescription\": {\"text\": \"");
    put_text(file, row ? row->title : "the implementation dies: ");
    put_text(file, row ? "" : group->key);
    fprintf(file, "\"},\n              \"help\": {\"text\": \"");
    if (row) {
        put_text(file, "A clause of docs/contract.md. Basis: ");
        put_text(file, row->basis_text);
        put_text(file, row->source[0] != 0 ? ", " : "");
        put_text(file, row->source);
    } else {
        put_text(file, "verdict.txt beside the program says more.");
    }
    fprintf(file, "\"},\n              \"defaultConfiguration\": {\"level\": \"error\"}\n            }");
}

static void put_result(FILE *file, const struct triage_group *group, size_t rule, const char *path) {
    fprintf(file, "        {\n          \"ruleId\": ");
    put_string(file, group->key);
    fprintf(file,
            ",\n          \"ruleIndex\": %zu,\n          \"level\": \"error\",\n"
            "          \"message\": {\"text\": \"",
            rule);
    put_text(file, group->key);
    if (group->expected[0] != 0) {
        put_text(file, ": expected: ");
        put_text(file, group->expected);
        put_text(file, "; got: ");
        put_text(file, group->got);
    }
    put_text(file, group->operation[0] != 0 ? "; operation: " : "");
    put_text(file, group->operation);
    fprintf(file, "\"},\n");
    put_location(file, group, path);
    fprintf(file, "          \"occurrenceCount\": %u,\n          \"partialFingerprints\": {\"finding/v1\": ",
            group->files);
    put_string(file, group->key);
    fprintf(file, "}\n        }");
}

bool triage_sarif(const char *name, const struct triage_group *groups, size_t count, char *const *paths,
                  bool complete) {
    FILE *file = fopen(name, "w");
    if (!file) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return false;
    }
    fprintf(file, "{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                  "  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n      \"tool\": {\n"
                  "        \"driver\": {\n          \"name\": \"pinfuzz\",\n          \"rules\": [");
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s\n", i > 0 ? "," : "");
        put_rule(file, &groups[i]);
    }
    fprintf(file,
            "%s]\n        }\n      },\n      \"invocations\": [{\"executionSuccessful\": %s}],\n"
            "      \"results\": [",
            count > 0 ? "\n          " : "", complete ? "true" : "false");
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s\n", i > 0 ? "," : "");
        put_result(file, &groups[i], i, paths[groups[i].smallest]);
    }
    fprintf(file, "%s]\n    }\n  ]\n}\n", count > 0 ? "\n      " : "");
    bool ok = fflush(file) == 0 && !ferror(file);
    ok = fclose(file) == 0 && ok;
    if (!ok)
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
    return ok;
}
