"""Small files in some languages, from which `codegen bench joins` cuts in the tests."""

from codegen.bench.joins.source import Source

_TEXTS = {
    "shop/cart.py": '''\
import os

from shop import (
    Basket,
    Customer,
    price_of,
)


def total_price(basket, rate):  # in cents
    """The price of all that is in a basket."""
    if not basket.items:
        return 0

    total = sum(price_of(item) for item in basket.items)
    print(f"total of {basket.name} is {total}")
    return round(total * (1 + rate), 2)


def names_of(
    customers,
    limit=10,
):
    found = []
    for customer in customers:
        if customer.name not in found:
            found.append(customer.name)
            os.write(1, customer.name)

    return sorted(found)[:limit]


def wide(frame):
    return frame.dropna().groupby("name").sum()
''',
    "shop/cart.js": """\
import { Basket, Customer } from "./shop";

const COLOURS = [
  "amber",
  "crimson",
  "violet",
];

export function totalPrice(basket, rate) {
  if (basket.items.length === 0) {
    return 0;
  }

  const total = basket.items
    .map((item) => item.price)
    .filter((price) => price > 0)
    .reduce((sum, price) => sum + price, 0);
  console.log(`total of ${basket.name} is ${total}`);
  return Math.round(total * (1 + rate));
}

export const names = (customers) => {
  const found = new Set();
  customers.forEach((customer) => {
    found.add(customer.name);
    found.delete("nobody");
  });
  return customers.filter(Boolean).map((customer) => customer.name).sort();
};
""",
    "shop/Cart.tsx": """\
import { useState } from "react";

type Props = {
  name: string;
  rate: number;
};

export function Cart({ name, rate }: Props) {
  const [count, setCount] = useState(0);
  const add = () => {
    setCount(count + 1);
    console.log(`added to ${name}`);
  };
  return (
    <section className="cart" id="main-cart">
      <h2>Your basket</h2>
      <button className="primary" onClick={add}>Add one</button>
      <p>{count * rate}</p>
    </section>
  );
}
""",
    "shop/cart.go": """\
package shop

import (
	"fmt"
	"sort"
	"strings"
)

// Total is the price of all that is in a basket.
func Total(basket *Basket, rate float64) (float64, error) {
	if len(basket.Items) == 0 {
		return 0, fmt.Errorf("%s is empty", basket.Name)
	}

	total := 0.0
	for _, item := range basket.Items {
		total += item.Price
		fmt.Println(item.Name, item.Price)
	}
	return total * (1 + rate), nil
}

func Names(basket *Basket) []string {
	names := []string{
		"amber",
		"crimson",
		"violet",
	}
	sort.Strings(names)
	return append(names, strings.ToUpper(basket.Name))
}
""",
    "shop/cart.rs": """\
use std::collections::HashMap;

/// The price of all that is in a basket.
pub fn total(basket: &Basket, rate: f64) -> Result<f64, String> {
    if basket.items.is_empty() {
        return Err(String::from("empty"));
    }

    let total: f64 = basket.items.iter().map(|item| item.price).sum();
    println!("total of {} is {}", basket.name, total);
    Ok(total * (1.0 + rate))
}

pub fn names(basket: &Basket) -> HashMap<String, f64> {
    let mut found = HashMap::new();
    for item in &basket.items {
        found.insert(item.name.clone(), item.price);
        found.remove("nobody");
    }
    found
}
""",
    "shop/Cart.java": """\
package shop;

import java.util.List;

public class Cart {
    private final List<Item> items;

    public Cart(List<Item> items) {
        this.items = items;
    }

    public double total(double rate) {
        if (items.isEmpty()) {
            return 0;
        }

        double total = 0;
        for (Item item : items) { // each of them
            total += item.price();
            System.out.println("price of " + item.name());
        }
        return total * (1 + rate);
    }

    public List<String> names() {
        return items.stream()
            .map(item -> item.name())
            .filter(name -> !name.isEmpty())
            .toList();
    }
}
""",
    "shop/cart.rb": """\
require "json"

class Cart
  attr_reader :items, :name

  def initialize(items, name)
    @items = items
    @name = name
  end

  def total(rate)
    return 0 if items.empty?

    sum = items.map { |item| item.price }.select(&:positive?).sum
    puts "total of #{name} is #{sum}"
    (sum * (1 + rate)).round(2)
  end

  def names
    items.each do |item|
      puts item.name
      puts item.price
    end
    COLOURS = [
      "amber",
      "crimson",
      "violet",
    ]
  end
end
""",
    "shop/cart.html": """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <title>Your basket</title>
    <link rel="stylesheet" href="cart.css">
  </head>
  <body>
    <section class="cart" id="main">
      <h2>What you chose</h2>
      <p class="hint">Nothing yet</p>
    </section>
    <footer class="foot">Made here</footer>
  </body>
</html>
""",
    "shop/Cart.kt": """\
package shop

class Cart(private val items: List<Item>, val name: String) {
    fun total(rate: Double): Double {
        if (items.isEmpty()) {
            return 0.0
        }

        val total = items.map { it.price }.filter { it > 0 }.sum()
        println("total of ${name} is $total")
        return total * (1 + rate)
    }

    fun names(): List<String> {
        return listOf(
            "amber",
            "crimson",
            "violet",
        )
    }
}
""",
    "shop/cart.yaml": """\
name: shop
on:
  push:
    branches:
      - main
      - stable
jobs:
  build:
    runs-on: "ubuntu-latest"
    steps:
      - name: Build
        run: make all
      - name: Test
        run: make test
""",
    "shop/cart.lua": """\
local json = require("json")

-- The price of all that is in a basket.
local function total(basket, rate)
  if #basket.items == 0 then
    return 0
  end

  local sum = 0
  for _, item in ipairs(basket.items) do
    sum = sum + item.price
    print("price of " .. item.name)
  end
  return sum * (1 + rate)
end

return {
  total = total,
  names = json.decode("[]"),
  colour = "violet",
}
""",
}

_LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".tsx": "typescriptreact",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".rb": "ruby",
    ".html": "html",
    ".kt": "kotlin",
    ".yaml": "yaml",
    ".lua": "lua",
}

SOURCES = tuple(
    Source(path, _LANGUAGES[path[path.rindex(".") :]], text) for path, text in _TEXTS.items()
)
"""One file of each language."""
