"""课程推荐:先修课没通过的课程不会出现,每门课不超过二十小时,理由用中文。

Courses: none is shown before its prerequisites are passed, nor one that takes more hours than the learner has; with each
course that is passed more of them open. Run: python examples/courses.py
"""

from datetime import UTC, datetime, timedelta
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tastemaker import Event, EventType, Item, Preferences, Recommendation, Recommender

COURSES = """
编程入门 编程 12
Python基础 编程 16 编程入门
网页制作 编程 14 编程入门
数据结构 编程 20 Python基础
算法设计 编程 24 数据结构 离散数学
数学基础 数学 12
离散数学 数学 18 数学基础
线性代数 数学 20 数学基础
微积分 数学 30 数学基础
概率论 数学 20 数学基础
数据分析入门 数据 10 Python基础
数据库原理 数据 16 Python基础
统计学习 数据 20 概率论 数据分析入门
机器学习 数据 20 统计学习 线性代数
深度学习 数据 36 机器学习 微积分
推荐系统 数据 16 机器学习 数据库原理
平面设计入门 设计 10
色彩与构图 设计 8 平面设计入门
界面设计 设计 16 平面设计入门 网页制作
交互动画 设计 18 界面设计 色彩与构图
英语写作 外语 12
"""
"""A line a course: its title, its category, its hours, and the courses that come before it."""
START = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue() -> dict[str, Item]:
    """The courses by title, which is their id too."""
    courses = {}
    for title, category, hours, *before in map(str.split, COURSES.strip().splitlines()):
        attributes: dict[str, Any] = {"hours": int(hours), "prerequisites": tuple(before)}
        courses[title] = Item(id=title, title=title, categories=(category,), attributes=attributes, language="zh")
    return courses


def way_to(goal: str, courses: dict[str, Item]) -> list[str]:
    """All that has to be passed for a course, in order, and the course."""
    before: Any = courses[goal].attributes["prerequisites"]
    return list(dict.fromkeys([*(step for one in before for step in way_to(one, courses)), goal]))


def passed(user: str, titles: list[str], start: datetime) -> list[Event]:
    """A course a week. Who has passed one rates it."""
    return [
        Event(user_id=user, item_id=one, type=EventType.RATING, value=5, timestamp=start + timedelta(weeks=week))
        for week, one in enumerate(titles)
    ]


def main() -> list[tuple[list[str], Recommendation]]:
    """Print what Lin takes in three terms; returns each slate with what Lin had passed before it."""
    chance, courses, terms = Random(4), catalogue(), []
    done = ["编程入门", "Python基础", "数学基础"]
    with TemporaryDirectory() as folder, Recommender.open(folder) as recommender:
        recommender.index(courses.values())
        for number, goal in enumerate(chance.choices(list(courses), k=60)):
            day = START + timedelta(days=chance.randint(0, 100))
            recommender.observe(passed(f"learner-{number}", way_to(goal, courses), day))
        recommender.fit()
        recommender.observe(passed("lin", done, START))
        recommender.prefer("lin", Preferences(constraints={"hours": {"lte": 20}}, languages=("zh",)))
        for term in range(3):
            missing = [title for title in courses if title not in done]
            ready = {"not": {"prerequisites": {"any": missing}}}  # `none` would want the attribute to be there
            slate = recommender.recommend("lin", k=3, where=ready, explain=term == 2)  # reasons take seconds
            terms.append((list(done), slate))
            print(f"\n已通过:{'、'.join(done)}。下学期:")
            for one in slate.items:
                print(f"  {one.title}({courses[one.id].attributes['hours']}小时){one.explanation}")
            done += [one.id for one in slate.items]
            recommender.observe(passed("lin", done[-3:], START + timedelta(weeks=10 * (term + 1))))
    return terms


if __name__ == "__main__":
    main()
