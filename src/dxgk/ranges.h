/*
 * An ordered set of ranges of device pages that do not overlap: a treap whose priorities are a hash
 * of the first page, so that its shape depends on its contents alone. Nodes are the caller's.
 * Expected O(log n) for everything here that does not say otherwise.
 */
#ifndef DXGK_RANGES_H
#define DXGK_RANGES_H

#include <stdbool.h>
#include <stdint.h>

struct dxgk_mapping;

struct dxgk_range {
    struct dxgk_range *left;
    struct dxgk_range *right;
    uint64_t first; /* device page; the end, first + pages, is at most 2^52 */
    uint32_t pages; /* > 0 */
    uint32_t page;  /* the section page that the range begins with */
    struct dxgk_mapping *mapping;
};

/* A node of a set that keeps track of its gaps. Kept apart, as an array pin of a 1:1 domain has a
 * node for each run of frames and no use for the three. */
struct dxgk_extent {
    struct dxgk_range range;
    uint64_t low;  /* first page of the subtree */
    uint64_t high; /* end of the subtree */
    uint64_t gap;  /* longest gap between two ranges of the subtree */
};

struct dxgk_ranges {
    struct dxgk_range *root;
    bool gaps; /* every node is the head of a dxgk_extent */
};

struct dxgk_gap {
    uint64_t first;
    uint64_t pages;
};

/* The range overlaps none that is there. */
void dxgk_ranges_insert(struct dxgk_ranges *ranges, struct dxgk_range *range);
/* The range is there. */
void dxgk_ranges_remove(struct dxgk_ranges *ranges, struct dxgk_range *range);
/* The same for the `count` ranges of an array, which overlap nothing either, in a set that does not keep
 * track of gaps. O(count) in a set that was empty. */
void dxgk_ranges_insert_array(struct dxgk_ranges *ranges, struct dxgk_range *array, uint64_t count);
/* Takes out every range of the mapping, in a set like that. O(n). */
void dxgk_ranges_remove_mapping(struct dxgk_ranges *ranges, const struct dxgk_mapping *mapping);
/* The range that holds the page; NULL when there is none. */
const struct dxgk_range *dxgk_ranges_find(const struct dxgk_ranges *ranges, uint64_t page);
/* The highest gap in [floor, ceiling) that has at least `pages` pages, whole. Every range begins at
 * or above floor, the set keeps track of gaps, pages > 0. False when there is none. */
bool dxgk_ranges_gap_below(const struct dxgk_ranges *ranges, uint64_t floor, uint64_t ceiling, uint64_t pages,
                           struct dxgk_gap *gap);

#endif
