"""Where the code and the mark of a shape stand on a small map."""

from django.test import SimpleTestCase

from broadcaster.rendering.small_label import SmallLabel, beside, small_label


def rectangle(width, height):
    return f"M0 0l{width} 0 0 {height} -{width} 0 0 -{height}z"


class SmallLabels(SimpleTestCase):
    def test_mark_is_below_the_code_in_a_high_shape(self):
        found = small_label(rectangle(20, 100), "PA", (10.0, 50.0), 10.0)
        self.assertEqual(found, SmallLabel(code=(0.0, -0.5), mark=(0.0, 8.3)))

    def test_mark_is_beside_the_code_in_a_low_shape(self):
        found = small_label(rectangle(100, 10), "PA", (50.0, 5.0), 10.0)
        self.assertEqual(found, SmallLabel(code=(-5.5, 3.5), mark=(5.1, 3.5)))

    def test_label_goes_to_the_part_of_the_shape_that_has_room(self):
        bottle = "M0 0l4 0 0 60 26 0 0 60 -30 0 0 -120z"
        found = small_label(bottle, "ID", (2.0, 30.0), 10.0)
        self.assertGreater(found.code[1], 30.0)
        self.assertGreater(found.code[0], 0.0)

    def test_letters_are_smaller_where_larger_ones_would_cross_the_border(self):
        for side, size in ((20, 1.0), (18, 0.85), (14, 0.75)):
            label = small_label(rectangle(side, side), "WV", (side / 2, side / 2), 10.0)
            self.assertEqual(label.size, size, side)

    def test_shape_without_room_has_no_such_label(self):
        self.assertIsNone(small_label(rectangle(8, 8), "RI", (4.0, 4.0), 10.0))

    def test_path_of_another_program_has_no_such_label(self):
        self.assertIsNone(small_label("M0,0H100V100H0Z", "PA", (50.0, 50.0), 10.0))

    def test_label_beside_its_shape_is_at_its_point(self):
        self.assertEqual(beside(10.0), SmallLabel(code=(0.0, -0.8), mark=(0.0, 8.0)))
