/** What the shop sells: a category, the things in it, and the price range of a plain one. */
export interface Assortment {
  readonly name: string;
  readonly things: readonly string[];
  readonly price: readonly [from: number, to: number];
}

export const ASSORTMENTS: readonly Assortment[] = [
  { name: "Armchairs", things: ["Armchair", "Wing Chair", "Rocking Chair", "Recliner"], price: [149, 890] },
  { name: "Backpacks", things: ["Daypack", "Rucksack", "Laptop Backpack", "Roll-Top Pack"], price: [39, 220] },
  { name: "Bakeware", things: ["Loaf Tin", "Springform Pan", "Tart Dish", "Muffin Tray"], price: [9, 59] },
  { name: "Bedding", things: ["Duvet Cover", "Fitted Sheet", "Pillowcase", "Blanket"], price: [15, 160] },
  { name: "Bicycles", things: ["City Bike", "Gravel Bike", "Folding Bike", "Touring Bike"], price: [390, 2900] },
  { name: "Board Games", things: ["Strategy Game", "Card Game", "Puzzle", "Party Game"], price: [12, 75] },
  { name: "Bookshelves", things: ["Bookshelf", "Wall Shelf", "Ladder Shelf", "Cube Shelf"], price: [45, 420] },
  { name: "Cameras", things: ["Compact Camera", "Instant Camera", "Action Camera", "Tripod"], price: [49, 1200] },
  { name: "Coffee", things: ["Espresso Beans", "Filter Coffee", "Coffee Grinder", "Moka Pot"], price: [8, 180] },
  { name: "Cookware", things: ["Frying Pan", "Saucepan", "Casserole", "Wok"], price: [24, 240] },
  { name: "Cutlery", things: ["Steak Knife", "Table Fork", "Soup Spoon", "Bread Knife"], price: [6, 120] },
  { name: "Desks", things: ["Writing Desk", "Standing Desk", "Corner Desk", "Secretary"], price: [120, 980] },
  { name: "Garden Tools", things: ["Spade", "Hand Rake", "Pruning Shears", "Watering Can"], price: [9, 95] },
  { name: "Headphones", things: ["Headphones", "Earbuds", "Headset", "Studio Monitor"], price: [25, 420] },
  { name: "Jackets", things: ["Rain Jacket", "Parka", "Down Jacket", "Windbreaker"], price: [59, 480] },
  { name: "Keyboards", things: ["Keyboard", "Number Pad", "Wrist Rest", "Keycap Set"], price: [19, 240] },
  { name: "Lamps", things: ["Desk Lamp", "Floor Lamp", "Pendant Lamp", "Reading Light"], price: [25, 380] },
  { name: "Luggage", things: ["Suitcase", "Cabin Trolley", "Garment Bag", "Weekender"], price: [49, 520] },
  { name: "Notebooks", things: ["Notebook", "Sketchbook", "Diary", "Planner"], price: [4, 39] },
  { name: "Outdoor Kitchen", things: ["Camping Stove", "Mess Kit", "Cooler", "Water Canister"], price: [14, 260] },
  { name: "Rugs", things: ["Rug", "Runner", "Door Mat", "Kilim"], price: [19, 690] },
  { name: "Running Shoes", things: ["Trail Shoe", "Road Shoe", "Racing Flat", "Recovery Slide"], price: [39, 210] },
  { name: "Speakers", things: ["Bookshelf Speaker", "Soundbar", "Travel Speaker", "Subwoofer"], price: [39, 900] },
  { name: "Tableware", things: ["Dinner Plate", "Bowl", "Mug", "Serving Platter"], price: [7, 89] },
  { name: "Tea", things: ["Green Tea", "Black Tea", "Herbal Infusion", "Teapot"], price: [5, 79] },
  { name: "Tents", things: ["Trekking Tent", "Family Tent", "Tarp", "Beach Shelter"], price: [79, 760] },
  { name: "Towels", things: ["Bath Towel", "Hand Towel", "Beach Towel", "Bath Mat"], price: [8, 65] },
  { name: "Umbrellas", things: ["Pocket Umbrella", "Walking Umbrella", "Parasol", "Storm Umbrella"], price: [14, 190] },
  { name: "Wall Clocks", things: ["Wall Clock", "Station Clock", "Cuckoo Clock", "Alarm Clock"], price: [19, 240] },
  { name: "Watches", things: ["Diver's Watch", "Field Watch", "Dress Watch", "Sports Watch"], price: [79, 1400] },
];

export const LINES = [
  "Alba", "Brisk", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Harbour", "Isle", "Juniper", "Kestrel", "Lumen",
  "Meadow", "Nordic", "Orchard", "Pebble", "Quarry", "Ridge", "Saffron", "Tidal", "Umber", "Vale", "Willow", "Zephyr",
] as const; // prettier-ignore

export const FINISHES = [
  "Ash", "Black", "Brushed", "Burgundy", "Charcoal", "Cobalt", "Copper", "Cream", "Forest Green", "Graphite", "Indigo",
  "Ivory", "Natural", "Ochre", "Olive", "Sand", "Slate", "Terracotta", "Walnut", "White",
] as const; // prettier-ignore

export const PRAISE = [
  "Made in small series and checked by hand before it leaves the workshop.",
  "Light enough to carry all day, sturdy enough to be handed down one day.",
  "The edges are rounded and the seams are doubled where it matters most.",
  "Spare parts are kept in stock for ten years and sent within the week.",
  "Packed without plastic, in a box that can be folded flat and used again.",
  "A favourite of ours since the first year, and hardly changed since then.",
  "Designed to be repaired with a screwdriver and some patience.",
  "Comes with everything needed to start right away, and a short manual in six languages.",
  "The colour deepens with use, and small scratches can be polished out.",
  "Tested for a whole winter by people who were not asked to be gentle.",
  "The surface is finished with oil and wax, and can be freshened up at home.",
  "Fits into a standard cupboard, a bicycle basket, and most hand luggage.",
  "Two years of guarantee, and an honest answer from somebody who has one at home.",
  "The maker is a family business in its third generation, two hours from our door.",
  "Everything that touches the skin is free of solvents and certified to be so.",
  "Wipe it with a damp cloth; anything harsher is not needed.",
  "Its weight is spread so well that it feels like half of what the scales say.",
  "We take it back when it is worn out, and turn it into the next one.",
  "Quiet in use, which one notices most in the evening.",
  "The measurements are those of the outside; please leave two centimetres on every side.",
  "Goes well with the other pieces of its line, which share the same fittings.",
  "Delivered assembled, apart from the parts that would not go through a door.",
] as const;

export const FIRST_NAMES = [
  "Ada", "Amir", "Bruno", "Chiara", "Dilan", "Elif", "Emeka", "Femke", "Giulia", "Hana", "Ingrid", "Jonas", "Kofi",
  "Lena", "Mateo", "Nadia", "Olga", "Pavel", "Quentin", "Rosa", "Sanjay", "Tomoko", "Umar", "Vera", "Wanda", "Yusuf",
] as const; // prettier-ignore

export const LAST_NAMES = [
  "Adeyemi", "Bianchi", "Chen", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen", "Kowalski",
  "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov", "Quispe", "Rossi", "Silva", "Tanaka", "Vermeer", "Weber",
] as const; // prettier-ignore

export const CITIES = [
  "Antwerp",
  "Bergen",
  "Bologna",
  "Cork",
  "Ghent",
  "Graz",
  "Leipzig",
  "Lyon",
  "Porto",
  "Utrecht",
] as const;

export const VERDICTS = [
  { rating: 5, title: "Exactly as hoped", body: "Arrived early, looks better than in the pictures. Would buy again." },
  { rating: 5, title: "A gift that worked", body: "My sister uses it every single day. That says it all." },
  { rating: 4, title: "Very good", body: "Well made. One star off for the delivery, which took two weeks." },
  { rating: 4, title: "Solid", body: "Does what it should. The colour is a little darker than expected." },
  { rating: 3, title: "All right", body: "Neither good nor bad. For the price one cannot complain." },
  { rating: 2, title: "Not for me", body: "Smaller than I thought. Check the measurements before ordering." },
  { rating: 1, title: "Broke after a month", body: "The replacement came quickly, though, and holds up so far." },
] as const;
