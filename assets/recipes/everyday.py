"""Everyday sentences of today: drawn from word lists of our own by a small grammar. CC0, as this program's sounds.

A rule's `{name}` is replaced by any entry of the list of that name, which may have such places itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

_LISTS = """
who: i|we|they|you|he|she|my mother|my brother|her father|our teacher|the doctor|the children|a friend of mine|\
the woman next door|the man at the desk|the new student|the manager|nobody|everyone|someone|the police|the team|\
his wife|your sister|the twins|the engineer|the driver|the people upstairs|my boss|the nurse|both of us
one: he|she|my mother|my brother|her father|our teacher|the doctor|a friend of mine|the manager|nobody|everyone|\
someone|his wife|your sister|the driver|my boss|the nurse|the old man|that boy|this girl
name: anna|peter|maria|tom|lucy|david|emma|george|sarah|paul|kate|ben|laura|mark|susan|alex|julia|sam|\
helen|chris|\
rachel|daniel|amy|oliver|grace|henry|sophie|jack|ruth|simon
place: the kitchen|the office|the station|the airport|the park|the library|the hospital|the beach|\
the supermarket|\
the garden|the school|the bank|the post office|the theatre|the restaurant|the museum|the garage|the playground|\
the city centre|the village|the river|the hotel|the bathroom|the basement|the market|the bus stop|the church|\
the swimming pool|the university|the workshop|the mountains|the lake|the farm|the bridge|the bakery
town: london|paris|berlin|new york|boston|chicago|rome|madrid|tokyo|dublin|oxford|toronto|sydney|vienna|texas|\
california|washington|amsterdam|edinburgh|manchester
thing: the keys|a letter|the phone|an umbrella|the laptop|a blue jacket|the tickets|her glasses|\
his wallet|the camera|\
a box of matches|the newspaper|a bottle of water|a bag of apples|the charger|a pair of shoes|the picture|\
the clock|\
an old guitar|a bunch of flowers|the recipe|my notebook|the map|a heavy suitcase|the ladder|some tools|\
the remote|\
a birthday card|the passport|a warm blanket|the headphones|a yellow pencil|the bicycle|a piece of paper|\
the report|\
the dishes|the window|the engine|the lock|the printer|a glass jar|the curtains|the hammer|the photograph
food: bread|soup|rice|pasta|cheese|chicken|fish|salad|potatoes|an omelette|a sandwich|pancakes|chocolate cake|\
apple pie|fresh fruit|vegetables|eggs|strawberries|ice cream|a pizza|yoghurt|mushrooms|onions|garlic|carrots|\
beans|lemon juice|butter|honey|a bowl of cereal|toast and jam|roast beef
drink: coffee|tea|orange juice|milk|a glass of water|hot chocolate|lemonade|red wine|a cold beer|an espresso|\
a cappuccino|green tea|apple juice|a large latte|sparkling water
day: monday|tuesday|wednesday|thursday|friday|saturday|sunday
month: january|february|march|april|may|june|july|august|september|october|november|december
when: today|tomorrow|yesterday|last night|this morning|on {day}|next week|in {month}|at {clock}|after lunch|\
before dinner|in the evening|every day|once a month|all the time|at the weekend|next summer|two years ago|\
half an hour ago|in a minute|right now|later|soon|last {day}|early in the morning|when it gets dark
past: yesterday|last night|this morning|on {day}|last week|in {month}|after lunch|before dinner|two years ago|\
half an hour ago|last {day}|a moment ago|at {clock}|without a word|as usual|too late|for the first time
clock: {hour} o'clock|half past {hour}|quarter to {hour}|{hour} thirty|{hour} fifteen|noon|midnight|\
ten past {hour}
hour: one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve
did: found|lost|bought|sold|cleaned|carried|dropped|painted|borrowed|fixed|broke|forgot|needed|hid|\
wrapped|packed|\
opened|photographed|measured|described|noticed|returned|kept|threw away|picked up|put down|looked for|asked about
verb: find|lose|buy|sell|clean|carry|paint|borrow|fix|break|forget|hide|wrap|pack|open|describe|return|keep|\
throw away|pick up|look for|ask about|pay for|send back|take out
quality: cheap|expensive|beautiful|useful|dangerous|heavy|quiet|noisy|empty|full|dirty|clean|strange|perfect|\
wonderful|difficult|easy|broken|bright|dark|cold|warm|wet|dry|soft|sharp|ready|late|early|busy|free|\
tired|hungry|\
angry|happy|nervous|careful|proud|surprised|worried|thirsty|sick|healthy|strong|weak|quick|slow|famous|lonely
colour: red|green|blue|yellow|black|white|brown|orange|purple|grey|pink|golden|silver
animal: dog|cat|horse|bird|mouse|rabbit|cow|sheep|pig|fox|bear|elephant|monkey|snake|duck|chicken|goat|\
frog|whale|bee
weather: rain|snow|wind|fog|thunder|sunshine|ice|hail|a storm|heavy clouds
how: quickly|slowly|carefully|quietly|very well|badly|together|alone|in a hurry|by accident|on purpose|\
with a smile|\
without thinking|as fast as possible|for no reason|by hand|at once|again and again
job: a teacher|a nurse|an engineer|a lawyer|a farmer|a cook|a musician|a scientist|a driver|a painter|a writer|\
a plumber|an electrician|a pilot|a journalist|a dentist|a soldier|an actor|a carpenter|a photographer
subject: history|mathematics|physics|chemistry|music|geography|biology|english|spanish|french|art|philosophy|\
economics|computer science|medicine|law
sport: football|tennis|basketball|volleyball|chess|golf|hockey|baseball|table tennis|cards|the piano|the violin|\
the drums|the guitar
activity: swimming|running|reading|cooking|dancing|singing|hiking|fishing|painting|gardening|shopping|\
travelling|\
sleeping|studying|writing letters|riding a bike|taking pictures|watching films|playing games|listening to music
device: lights|radio|television|heating|fan|alarm|oven|kettle|dishwasher|music|computer|camera|microphone|screen
room: kitchen|bedroom|bathroom|living room|hall|office|garage|dining room|cellar|attic
feel: i think|i hope|i guess|i am sure|i don't think|they say|she told me|he said|i heard|we know|\
it seems|i suppose|\
everyone believes|i'm afraid|you know|i can't believe
body: hand|head|back|knee|shoulder|foot|stomach|ear|tooth|finger|elbow|throat|arm|neck|eye
size: small|medium|large|extra large|tiny|huge
number: {small}|{small}|{tens}|{tens} {digit}|a hundred|{digit} hundred|two thousand|a million
small: two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|\
eighteen|nineteen
digit: one|two|three|four|five|six|seven|eight|nine
tens: twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety
unit: minutes|hours|days|weeks|months|years|miles|kilometres|metres|pounds|dollars|euros|people|times|\
pages|degrees|\
percent|litres|grams|questions
ordinal: first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth|thirtieth|last|next
question: what|where|when|why|how
object: me|you|him|her|us|them|{name}
"""
_RULES = """
{who} {did} {thing} {past}
{who} {did} {thing} in {place}
{who} {did} {thing} and went to {place}
{name} {did} {thing} {how}
{name} and {name} {did} {thing} {past}
can you {verb} {thing} for {object}
could you please {verb} {thing} {when}
i want to {verb} {thing} before {clock}
please don't {verb} {thing} in {place}
{feel} {thing} will be {quality}
{feel} the {animal} is {quality} {when}
where did you {verb} {thing}
why did {one} {verb} {thing}
how much is {thing}
how many {unit} does it take to get to {place}
it takes {number} {unit} to get to {place}
it is {number} {unit} from here to {town}
we are going to {town} on the {ordinal} of {month}
my birthday is on the {ordinal} of {month}
the meeting is at {clock} on {day}
let's meet at {place} at {clock}
let's have {food} and {drink} for lunch
i would like {food} and {drink} please
can i have {drink} with {food}
i'd like a {size} {drinkword} with milk and sugar
would you like {drink} or {drinkless}
{one} never eats {food} with {food}
we had {food} for dinner {past}
there is some {food} in the fridge
turn on the {device} in the {room}
turn off the {device} please
set an alarm for {clock}
set a timer for {number} minutes
call {name} on the phone
send a message to {name}
send {object} {thing} by post
play some music in the {room}
what is the weather like in {town}
what time is it in {town}
there will be {weather} in {town} {when}
the {weather} was so bad that we stayed at home
it was {quality} and {quality} in {place}
the {colour} {animal} ran across the street
a {quality} {animal} slept under the table
the {animal} jumped over the {colour} fence
have you ever seen a {colour} {animal}
i have never been to {town} before
{name} moved to {town} {number} years ago
the train to {town} leaves at {clock}
the bus was {number} minutes late
the flight from {town} to {town} was cancelled
turn left at {place} and go straight on
you can see {place} from the window
{place} is next to {place}
is there {place2} near here
my {body} hurts when i walk
{one} broke an arm {past}
you should see a doctor about your {body}
{name} works as {job} in {town}
she wants to become {job}
my father was {job} for {number} years
we study {subject} at the university
{name} is good at {subject}
i learned {subject} at school
do you play {sport}
we play {sport} every {day}
{who} played {sport} {past}
{name} loves {activity} and {activity}
i am not very good at {activity}
{activity} is more fun than {activity}
do you like {activity}
the {ordinal} answer was wrong
this is the {ordinal} time i have asked you
open the door and close the window
the computer is {quality} because the battery is empty
the password must have {number} letters
i forgot my password again
please write your name here
please speak more slowly
i don't understand what you mean
what do you mean by that
that is a very good question
thank you very much for your help
thanks for {thing}
see you {when}
good morning {name}
good evening everybody
happy birthday {name}
i'm sorry i am late
excuse me where is {place}
how are you {when}
i am {quality} but {name} is {quality}
are you {quality}
we were {quality} {when}
it isn't {quality} at all
{thing} was too {quality} for {object}
{thing} cost {number} dollars
{number} {unit} is too much
add {number} and {number}
{number} plus {number} is {number}
{digits}
my number is {digits}
the code is {digits}
page {number} of the book
it costs {number} pounds and {number} pence
{who} said that {thing} was {quality}
{one} doesn't know {question} to {verb} {thing}
if you {verb} {thing} you will be {quality}
when {one} came home {thing} was gone
the {colour} one is {quality} and the {colour} one is {quality}
which is better the {colour} one or the {colour} one
nobody told {object} about {thing}
{one} sat down in {place} and read a book
there were {number} people in {place}
we waited in {place} for {number} minutes
the shop opens at {clock} and closes at {clock}
you must not {verb} {thing}
i have to {verb} {thing} {when}
{who} couldn't {verb} {thing}
{who} might {verb} {thing} {when}
{who} should have asked {name}
don't worry about {thing}
give {object} {thing}
show {object} the way to {place}
put {thing} on the table
leave {thing} in {place}
the software needs to be updated {when}
the internet is {quality} in {place}
click on the {colour} button to start
the file could not be opened
save the document and restart the computer
the battery lasts {number} hours
the network learns from {number} examples
the sound was too {quality} to hear
the speaker stood in front of {number} people
today we will talk about {subject}
the next slide shows {thing}
are there any questions about {subject}
"""


def lists() -> dict[str, tuple[str, ...]]:
    """Every list of the grammar by its name."""
    joined = _LISTS.replace("\\\n", "")
    found = {}
    for line in joined.strip().splitlines():
        name, entries = line.split(":", 1)
        found[name] = tuple(entry.strip() for entry in entries.split("|"))
    found["place2"] = tuple("a " + place[4:] for place in found["place"] if place[4] not in "aeiou")
    found["drinkword"] = ("coffee", "tea", "latte", "cappuccino", "mocha", "hot chocolate")
    found["drinkless"] = found["drink"]
    return found


def sentences(rng: np.random.Generator) -> Iterator[str]:
    """Sentences without end, in lower case and without punctuation."""
    rules, known = _RULES.strip().splitlines(), lists()
    while True:
        text = rules[rng.integers(len(rules))]
        while place := re.search(r"\{(\w+)\}", text):
            if place[1] == "digits":
                drawn = " ".join(_ONES[rng.integers(10)] for _ in range(rng.integers(2, 8)))
            else:
                entries = known[place[1]]
                drawn = entries[rng.integers(len(entries))]
            text = text[: place.start()] + drawn + text[place.end() :]
        yield text
