/* The treap: split, merge, insertion, removal, and the search for a gap. */
#include "dxgk/ranges.h"
#include "nt/nt.h"

#include <assert.h>
#include <stddef.h>

/* How the tree turns out says nothing that its callers do not, and an array of pages walks it for each: none
 * of that is coverage. Where a gap is looked for is. */
static NT_UNCOVERED uint64_t end_of(const struct dxgk_range *range) {
    return range->first + range->pages;
}

static struct dxgk_extent *extent_of(struct dxgk_range *range) {
    return (struct dxgk_extent *)range;
}

static const struct dxgk_extent *const_extent_of(const struct dxgk_range *range) {
    return (const struct dxgk_extent *)range;
}

/* Odd multiplications and shifts lose nothing, so two pages never share a priority. */
static NT_UNCOVERED uint64_t priority(const struct dxgk_range *range) {
    uint64_t x = range->first + UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 31;
    x *= UINT64_C(0xD6E8FEB86659FD93);
    x ^= x >> 29;
    x *= UINT64_C(0xA0761D6478BD642F);
    return x ^ x >> 32;
}

static NT_UNCOVERED uint64_t max(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* After a change below node. */
static NT_UNCOVERED void refresh(const struct dxgk_ranges *ranges, struct dxgk_range *node) {
    if (!ranges->gaps)
        return;
    struct dxgk_extent *extent = extent_of(node);
    extent->low = node->first;
    extent->high = end_of(node);
    extent->gap = 0;
    if (node->left) {
        const struct dxgk_extent *left = const_extent_of(node->left);
        extent->low = left->low;
        extent->gap = max(left->gap, node->first - left->high);
    }
    if (node->right) {
        const struct dxgk_extent *right = const_extent_of(node->right);
        extent->high = right->high;
        extent->gap = max(extent->gap, max(right->gap, right->low - end_of(node)));
    }
}

/* Parts the tree at `page`, which no range straddles. */
static NT_UNCOVERED void split(const struct dxgk_ranges *ranges, struct dxgk_range *node, uint64_t page,
                               struct dxgk_range **below, struct dxgk_range **above) {
    if (!node) {
        *below = NULL;
        *above = NULL;
        return;
    }
    if (node->first < page) {
        split(ranges, node->right, page, &node->right, above);
        *below = node;
    } else {
        split(ranges, node->left, page, below, &node->left);
        *above = node;
    }
    refresh(ranges, node);
}

/* Every range of `below` lies below every range of `above`. */
static NT_UNCOVERED struct dxgk_range *merge(const struct dxgk_ranges *ranges, struct dxgk_range *below,
                                             struct dxgk_range *above) {
    if (!below || !above)
        return below ? below : above;
    struct dxgk_range *top;
    if (priority(below) > priority(above)) {
        below->right = merge(ranges, below->right, above);
        top = below;
    } else {
        above->left = merge(ranges, below, above->left);
        top = above;
    }
    refresh(ranges, top);
    return top;
}

static NT_UNCOVERED struct dxgk_range *insert(const struct dxgk_ranges *ranges, struct dxgk_range *node,
                                              struct dxgk_range *range, uint64_t range_priority) {
    if (!node || priority(node) < range_priority) {
        split(ranges, node, range->first, &range->left, &range->right);
        refresh(ranges, range);
        return range;
    }
    assert(range->first >= end_of(node) || end_of(range) <= node->first);
    if (range->first < node->first)
        node->left = insert(ranges, node->left, range, range_priority);
    else
        node->right = insert(ranges, node->right, range, range_priority);
    refresh(ranges, node);
    return node;
}

NT_UNCOVERED void dxgk_ranges_insert(struct dxgk_ranges *ranges, struct dxgk_range *range) {
    ranges->root = insert(ranges, ranges->root, range, priority(range));
}

static NT_UNCOVERED struct dxgk_range *remove_range(const struct dxgk_ranges *ranges, struct dxgk_range *node,
                                                    const struct dxgk_range *range) {
    assert(node);
    if (node == range)
        return merge(ranges, node->left, node->right);
    if (range->first < node->first)
        node->left = remove_range(ranges, node->left, range);
    else
        node->right = remove_range(ranges, node->right, range);
    refresh(ranges, node);
    return node;
}

NT_UNCOVERED void dxgk_ranges_remove(struct dxgk_ranges *ranges, struct dxgk_range *range) {
    ranges->root = remove_range(ranges, ranges->root, range);
}

/* ---- many at once: an array pin of a 1:1 domain has thousands, in no order ---- */

/* A list through `right`, lowest first: sorted by a byte of the page after the other, from the lowest on, up
 * to the last in which any two differ. */
static NT_UNCOVERED struct dxgk_range *sort(struct dxgk_range *array, uint64_t count) {
    uint64_t differ = 0;
    for (uint64_t i = 0; i < count; i++) {
        differ |= array[i].first ^ array[0].first;
        array[i].right = i + 1 < count ? &array[i + 1] : NULL;
    }
    struct dxgk_range *list = array;
    for (unsigned shift = 0; differ >> shift; shift += 8) { /* pages are below 2^52 */
        struct dxgk_range *heads[256], **tails[256];
        for (unsigned i = 0; i < 256; i++)
            tails[i] = &heads[i];
        for (struct dxgk_range *node = list; node; node = node->right) {
            unsigned digit = node->first >> shift & 0xFF;
            *tails[digit] = node;
            tails[digit] = &node->right;
        }
        struct dxgk_range **end = &list;
        for (unsigned i = 0; i < 256; i++) {
            if (tails[i] != &heads[i]) {
                *end = heads[i];
                end = tails[i];
            }
        }
        *end = NULL;
    }
    return list;
}

/* The one tree that the priorities of a sorted list allow. Its right edge grows at the bottom; meanwhile
 * `right` leads up it. */
static NT_UNCOVERED struct dxgk_range *tree_of(struct dxgk_range *list) {
    struct dxgk_range *edge = NULL;
    while (list) {
        struct dxgk_range *node = list;
        list = node->right;
        assert(!list || end_of(node) <= list->first);
        struct dxgk_range *below = NULL;
        for (uint64_t mine = priority(node); edge && priority(edge) < mine;) {
            struct dxgk_range *up = edge->right;
            edge->right = below;
            below = edge;
            edge = up;
        }
        node->left = below;
        node->right = edge;
        edge = node;
    }
    struct dxgk_range *root = NULL;
    while (edge) {
        struct dxgk_range *up = edge->right;
        edge->right = root;
        root = edge;
        edge = up;
    }
    return root;
}

/* Unlike merge(), of two trees in any order. */
static NT_UNCOVERED struct dxgk_range *unite(const struct dxgk_ranges *ranges, struct dxgk_range *top,
                                             struct dxgk_range *other) {
    if (!top || !other)
        return top ? top : other;
    if (priority(top) < priority(other)) {
        struct dxgk_range *lower = top;
        top = other;
        other = lower;
    }
    struct dxgk_range *below, *above;
    split(ranges, other, top->first, &below, &above);
    top->left = unite(ranges, top->left, below);
    top->right = unite(ranges, top->right, above);
    return top;
}

NT_UNCOVERED void dxgk_ranges_insert_array(struct dxgk_ranges *ranges, struct dxgk_range *array,
                                           uint64_t count) {
    assert(!ranges->gaps && count > 0);
    ranges->root = unite(ranges, ranges->root, tree_of(sort(array, count)));
}

static NT_UNCOVERED struct dxgk_range *without(const struct dxgk_ranges *ranges, struct dxgk_range *node,
                                               const struct dxgk_mapping *mapping) {
    if (!node)
        return NULL;
    node->left = without(ranges, node->left, mapping);
    node->right = without(ranges, node->right, mapping);
    return node->mapping == mapping ? merge(ranges, node->left, node->right) : node;
}

NT_UNCOVERED void dxgk_ranges_remove_mapping(struct dxgk_ranges *ranges, const struct dxgk_mapping *mapping) {
    assert(!ranges->gaps);
    ranges->root = without(ranges, ranges->root, mapping);
}

NT_UNCOVERED const struct dxgk_range *dxgk_ranges_find(const struct dxgk_ranges *ranges, uint64_t page) {
    const struct dxgk_range *node = ranges->root;
    while (node) {
        if (page < node->first)
            node = node->left;
        else if (page - node->first >= node->pages)
            node = node->right;
        else
            return node;
    }
    return NULL;
}

struct gap_search {
    uint64_t ceiling;
    uint64_t pages;
    struct dxgk_gap *gap;
};

/*
 * Searches the free space [low, high) around and between the ranges below node, from the top. A
 * subtree under the ceiling is entered only when it holds an answer, and those that straddle the
 * ceiling lie on one path, so the whole is O(depth).
 */
static bool search(const struct gap_search *wanted, const struct dxgk_range *node, uint64_t low,
                   uint64_t high) {
    if (high > wanted->ceiling)
        high = wanted->ceiling;
    if (high <= low || high - low < wanted->pages)
        return false;
    if (!node) {
        wanted->gap->first = low;
        wanted->gap->pages = high - low;
        return true;
    }
    const struct dxgk_extent *extent = const_extent_of(node);
    uint64_t longest = max(extent->gap, extent->low - low);
    if (high > extent->high)
        longest = max(longest, high - extent->high);
    if (longest < wanted->pages)
        return false;
    return search(wanted, node->right, end_of(node), high) || search(wanted, node->left, low, node->first);
}

bool dxgk_ranges_gap_below(const struct dxgk_ranges *ranges, uint64_t floor, uint64_t ceiling, uint64_t pages,
                           struct dxgk_gap *gap) {
    assert(ranges->gaps && pages > 0);
    struct gap_search wanted = {ceiling, pages, gap};
    return search(&wanted, ranges->root, floor, ceiling);
}
