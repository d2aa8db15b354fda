"""Ways to lay out a fill-in-the-middle prompt, measured side by side on the same holes.

variants    where the cursor stands in a hole, the layouts, and their prompts
measure     hole by hole: the true text's likelihood, and what greedy decoding makes of it
folder      the figures of each hole, in a journal
table       the figures by kind of place and layout, with differences in pairs
"""
