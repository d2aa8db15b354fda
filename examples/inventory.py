"""The stock of a small shop: what is there, what it is worth, what has to be ordered."""

from dataclasses import dataclass, field


@dataclass
class Item:
    name: str
    quantity: int
    price: float
    minimum: int = 5
    shelf: str = ""


@dataclass
class Inventory:
    items: dict[str, Item] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Puts an item on the shelf."""
        self.items[item.name] = item

    def total_value(self) -> float:
        """What all items together are worth."""
        return sum()

    def to_order(self) -> list[str]:
        """The names of the items that fell below their minimum, in alphabetical order."""
        return sorted(item.name for item in self.items.values() if item.quantity < item.minimum)

    def remove(self, name: str, quantity: int = 1) -> None:
        """Takes some of an item away."""
        item = self.items[name]
        if quantity > item.quantity:
            raise ValueError(f"only {item.quantity} of {name} are left")
        item.quantity -= quantity


if __name__ == "__main__":
    inventory = Inventory()
    inventory.add(Item("apple", quantity=12, price=0.4))
    inventory.add(Item("pear", quantity=3, price=0.6))
    print(f"{inventory.total_value():.2f} in stock, to order: {', '.join(inventory.to_order())}")
